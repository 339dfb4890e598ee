#pragma once

#include <tenon/data_dir.hpp>
#include <tenon/module.hpp>
#include <tenon/storage.hpp>

#include <memory>
#include <string>

#include "common/limits.h"
#include "rocksdb/engine.h"
#include "rocksdb/engine_options.h"

namespace tenon::storage_rocksdb {

// The plugin. `Files` says which file system is below the engine, by
//   static std::shared_ptr<rocksdb::FileSystem> make(const tenon_host*)
// and which host tables that needs, by `requires_host`.
template <class Files>
class RocksdbStorage : public sdk::StoragePlugin<RocksdbStorage<Files>> {
 public:
  static constexpr sdk::PluginInfo info{.id = "org.tenon.storage-rocksdb",
                                        .name = "rocksdb",
                                        .version = TENON_VERSION,
                                        .config_schema_json = options_schema,
                                        .requires_host = Files::requires_host,
                                        .flags = TENON_PLUGIN_OWN_THREADS};
  using Engine = storage_rocksdb::Engine;
  using sdk::StoragePlugin<RocksdbStorage<Files>>::StoragePlugin;

  void init() {
    options_ = read_options(this->config());
    dir_ = sdk::data_dir(this->host());
  }
  std::unique_ptr<Engine> open(tenon_engine_info* ret_info) {
    auto engine = std::make_unique<Engine>(
        Database::Setup{Files::make(this->host()), dir_, options_, this->log()}, sdk::Health(this->host()));
    *ret_info = storage::engine_info(TENON_STORAGE_CAP_DURABLE | TENON_STORAGE_CAP_CHECKPOINT);
    return engine;
  }

 private:
  std::string dir_;
  Options options_;
};

}  // namespace tenon::storage_rocksdb
