// SPDX-License-Identifier: 0BSD
//
// A storage engine for tenon on LMDB. See ../README.md.
#include <memory>
#include <string>

#include <tenon/data_dir.hpp>
#include <tenon/module.hpp>
#include <tenon/storage.hpp>

#include "engine.h"

namespace acme {
namespace {

constexpr std::int64_t map_bytes_default = 16ll * 1024 * 1024 * 1024;

class LmdbStorage : public sdk::StoragePlugin<LmdbStorage> {
 public:
  static constexpr const char* required_tables[] = {TENON_HOST_CONFIG_ID, TENON_HOST_DATA_DIR_ID, nullptr};
  static constexpr sdk::PluginInfo info = {
      .id = "com.example.storage-lmdb",
      .name = "lmdb",
      .version = "1.0",
      .config_schema_json = R"({"type": "object", "additionalProperties": false, "properties": {
                                "map_bytes": {"type": "integer", "minimum": 1048576}}})",
      .requires_host = required_tables,
      .flags = TENON_PLUGIN_OWN_THREADS,
  };
  using Engine = acme::Engine;
  using StoragePlugin::StoragePlugin;

  void init() {
    const std::int64_t bytes = config().integer_or("map_bytes", map_bytes_default);
    if (bytes < 1'048'576)
      throw sdk::Failure(TENON_E_INVALID,
                         "option \"map_bytes\" must be 1048576 or more; it is " + std::to_string(bytes));
    map_bytes_ = static_cast<std::uint64_t>(bytes);
    dir_ = sdk::data_dir(host());
  }
  std::unique_ptr<Engine> open(tenon_engine_info* ret_info) {
    auto engine = std::make_unique<Engine>(dir_, map_bytes_);
    *ret_info = Engine::info();
    return engine;
  }

 private:
  std::string dir_;
  std::uint64_t map_bytes_ = 0;
};

}  // namespace
}  // namespace acme

TENON_CPP_MODULE(1, "com.example.storage-lmdb", "1.0", acme::LmdbStorage)
