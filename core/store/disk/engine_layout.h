#pragma once

#include <cstdint>
#include <string>

#include "kv/descriptor.h"

namespace tenon::store {

// Which space of an engine holds what. The numbers are on disk.
constexpr std::uint32_t node_space = 0;        // of the node itself: its id
constexpr std::uint32_t source_space = 8;      // last numbers of senders, by range
constexpr std::uint32_t record_space = 9;      // kv::RangeRecord, by range
constexpr std::uint32_t staging_space = 10;    // rows of states that are coming in: see snapshot/staging.h
constexpr std::uint32_t install_space = 11;    // records of states that are all there, to be put in place
constexpr std::uint32_t member_space = 12;     // MemberRow, by range: see members/row.h
constexpr std::uint32_t log_entry_space = 16;  // of a journal that lies in the engine: log_over_engine.h
constexpr std::uint32_t log_group_space = 17;
// The state of all ranges of a store, without any trace of which range a key is in: a split moves nothing.
constexpr std::uint32_t state_space(kv::StoreId store) {
  return static_cast<std::uint32_t>(store);
}

}  // namespace tenon::store
