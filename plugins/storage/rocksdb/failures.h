#pragma once

#include <rocksdb/status.h>

#include <string>

#include <tenon/failure.hpp>

#include "rocksdb/files/write_gate.h"

namespace tenon::storage_rocksdb {

// RocksDB could not open a file for want of descriptors; see GatedFileSystem.
bool lacks_descriptors(const rocksdb::Status& status);

// What a status of RocksDB means for the engine in `dir`. REQUIRES: !status.ok().
sdk::Failure failure_of(const rocksdb::Status& status, const WriteGate& gate, const std::string& dir);

// Throws that unless `status` is well.
inline void check(const rocksdb::Status& status, const WriteGate& gate, const std::string& dir) {
  if (!status.ok()) throw failure_of(status, gate, dir);
}

}  // namespace tenon::storage_rocksdb
