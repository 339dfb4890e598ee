#pragma once

#include <rocksdb/file_system.h>

#include <memory>

#include <tenon/disk.hpp>

namespace tenon::test {

// A file system for RocksDB over tenon.host.disk/1, so that a simulated disk can tear, lose and refuse what
// an engine writes. RocksDB calls it from several threads: the disk must bear that. There are no links, so
// copies of an engine are copies of its files, and locks always succeed.
std::shared_ptr<rocksdb::FileSystem> make_disk_files(const tenon_host* host);

}  // namespace tenon::test
