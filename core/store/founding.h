#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "kv/range_record.h"
#include "store/disk/engine.h"

namespace tenon::store {

// The ranges whose replicas an engine holds, in order. corrupt: a record does not hold together; the text
// names it.
Result<std::vector<kv::RangeRecord>> read_range_records(const Engine& engine);

// Begins replicas without content: writes their records, durable when it returns, all or none.
Status write_range_records(Engine& engine, std::span<const kv::RangeRecord> records);

// The ranges that a new store begins with: one more than there are split keys, which ascend. The same,
// whatever the order of the nodes.
std::vector<kv::RangeRecord> first_ranges(kv::StoreId store, std::span<const std::string> split_keys,
                                          std::vector<kv::NodeId> voters,
                                          std::vector<kv::NodeId> learners = {});

}  // namespace tenon::store
