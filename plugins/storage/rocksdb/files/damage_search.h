#pragma once

#include <rocksdb/env.h>

#include <cstdint>
#include <string>

namespace tenon::storage_rocksdb {

// What is wrong with the end of the manifest, the log of which tables are the database.
struct ManifestEnd {
  enum class State {
    sound,    // or it is missing, or damaged in a way that RocksDB finds by itself
    torn,     // a crash took a part of the last records: the zeros of a lost sector are in one of them
    damaged,  // a record reaches beyond the end, but its checksum is right for a shorter one
  };
  State state = State::sound;
  std::string path;
  std::uint64_t sound_bytes = 0;  // before the torn record
};

// RocksDB refuses a torn manifest, which is none of the operator's business, and takes a damaged length for a
// crash, which loses what stands behind it without a word.
ManifestEnd look_at_manifest(rocksdb::Env& env, const std::string& dir);

// The first table in the directory that can't be opened, with what is wrong with it; empty: there is none.
std::string find_damaged_table(rocksdb::Env& env, const std::string& dir);

}  // namespace tenon::storage_rocksdb
