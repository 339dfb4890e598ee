#pragma once

#include <rocksdb/cache.h>
#include <rocksdb/db.h>

#include <memory>
#include <string>

#include <tenon/failure.hpp>
#include <tenon/log.hpp>

#include "rocksdb/engine_options.h"
#include "rocksdb/events.h"
#include "rocksdb/files/gated_file_system.h"
#include "rocksdb/threads/engine_env.h"

namespace tenon::storage_rocksdb {

// A RocksDB database, open, with everything that it stands on. Format 1:
//   one column family, keys as common/row_key.h; the file ENGINE (files/marker_file.h) says whose it is.
// Thread: [store]; what is said of RocksDB's own calls holds for db().
class Database {
 public:
  struct Setup {
    std::shared_ptr<rocksdb::FileSystem> files;  // below the gate
    std::string dir;
    Options options;
    sdk::Log log;
  };
  // Opens what is in the directory, or makes it. Throws a Failure; what is damaged stays as it is.
  explicit Database(const Setup& setup);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database() { env_.end(); }

  rocksdb::DB& db() const { return *db_; }
  rocksdb::Env& env() { return env_; }
  WriteGate& gate() { return files_->gate(); }
  const WriteGate& gate() const { return files_->gate(); }
  Events& events() { return *events_; }
  const std::string& dir() const { return dir_; }
  std::uint64_t memory_bytes() const;
  // Bytes free on the device.
  std::uint64_t free_bytes();

 private:
  rocksdb::Options settings(const Options& options, const sdk::Log& log);
  void count_files();
  sdk::Failure open_failure(const rocksdb::Status& status);

  const std::string dir_;
  const std::shared_ptr<GatedFileSystem> files_;
  EngineEnv env_;
  const std::shared_ptr<rocksdb::Cache> cache_;
  const std::shared_ptr<Events> events_;
  std::unique_ptr<rocksdb::DB> db_;
};

}  // namespace tenon::storage_rocksdb
