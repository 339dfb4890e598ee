#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "bin/ctl/backup/backup_file.h"
#include "kv/snapshot/receiver.h"

namespace tenon::ctl {

// What a backup holds of one range.
struct PartSummary {
  kv::StoreId store = kv::StoreId::meta;
  kv::RangeRecord record;
  std::uint64_t rows = 0;  // of the state
  std::uint64_t bytes = 0;
};
struct BackupSummary {
  BackupHeader header;
  std::vector<PartSummary> parts;
  std::uint64_t bytes = 0;  // of the file
};

// The stores that a backup has, in their order. Routes are not among them: they follow from subscriptions.
inline constexpr kv::StoreId backup_stores[] = {kv::StoreId::meta, kv::StoreId::retain, kv::StoreId::inbox};

// Rows of a store that count, as a chunk that stands for itself.
using VisitRows = std::function<Status(kv::StoreId store, const kv::SnapshotChunk& chunk)>;

// Reads the whole file and checks all of it: sums, the order of chunks and rows, that each range is whole and
// that the ranges of each store leave no gap. Failures: as BackupReader; those of `visit`, which may be
// empty and is given each chunk behind its own check.
Result<BackupSummary> walk_backup(const std::string& path, const VisitRows& visit = {});

}  // namespace tenon::ctl
