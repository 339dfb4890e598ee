// storage/sqlite: an engine on one SQLite database. README.md is its manual.
#include <tenon/data_dir.hpp>
#include <tenon/module.hpp>
#include <tenon/storage.hpp>

#include "common/limits.h"
#include "sqlite/engine.h"
#include "sqlite/options.h"

namespace tenon::storage_sqlite {

constexpr const char* requires_host[] = {TENON_HOST_CONFIG_ID, TENON_HOST_DATA_DIR_ID, TENON_HOST_DISK_ID,
                                         nullptr};

class SqliteStorage : public sdk::StoragePlugin<SqliteStorage> {
 public:
  static constexpr sdk::PluginInfo info{.id = "org.tenon.storage-sqlite",
                                        .name = "sqlite",
                                        .version = TENON_VERSION,
                                        .config_schema_json = options_schema,
                                        .requires_host = requires_host};
  using Engine = storage_sqlite::Engine;
  using StoragePlugin::StoragePlugin;

  void init() {
    options_ = read_options(config());
    dir_ = sdk::data_dir(host());
  }
  std::unique_ptr<Engine> open(tenon_engine_info* ret_info) {
    auto engine =
        std::make_unique<Engine>(Engine::Setup{sdk::Disk(host()), sdk::Health(host()), dir_, options_});
    *ret_info = storage::engine_info(TENON_STORAGE_CAP_DURABLE | TENON_STORAGE_CAP_CHECKPOINT);
    return engine;
  }

 private:
  std::string dir_;
  Options options_;
};

}  // namespace tenon::storage_sqlite

TENON_CPP_MODULE(1, "org.tenon.storage-sqlite", TENON_VERSION, tenon::storage_sqlite::SqliteStorage)
