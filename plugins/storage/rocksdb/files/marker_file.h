#pragma once

#include <rocksdb/env.h>

#include <string>

namespace tenon::storage_rocksdb {

// The file ENGINE beside RocksDB's own: whose directory this is, and the format. Format 1 is the line
//   tenon storage/rocksdb 1 <CRC-32C of what stands before it, in hexadecimal>
inline constexpr const char* marker_name = "ENGINE";

// Looks at a directory before RocksDB touches it, and marks it when it is empty. Throws a Failure and changes
// nothing: TENON_E_UNSUPPORTED for a newer format, TENON_E_CORRUPT when the marker is damaged, or the
// directory belongs to somebody else, or lacks what RocksDB can't do without.
void claim_directory(rocksdb::Env& env, const std::string& dir);

// Puts the marker into a directory, durable. A RocksDB status.
rocksdb::Status write_marker(rocksdb::Env& env, const std::string& dir);
// Makes the names in a directory durable.
rocksdb::Status sync_directory(rocksdb::Env& env, const std::string& dir);

}  // namespace tenon::storage_rocksdb
