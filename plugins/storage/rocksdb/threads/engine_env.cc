#include "rocksdb/threads/engine_env.h"

namespace tenon::storage_rocksdb {

EngineEnv::EngineEnv(const std::shared_ptr<rocksdb::FileSystem>& files, unsigned compaction_threads)
    : EnvWrapper(rocksdb::NewCompositeEnv(files)),
      clock_(std::make_shared<EngineClock>()),
      flushes_("rocksdb-flush", 1),
      compactions_("rocksdb-compact", compaction_threads) {
  file_system_ = files;
  system_clock_ = clock_;
}

}  // namespace tenon::storage_rocksdb
