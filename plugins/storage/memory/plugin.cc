// storage/memory: an engine that holds everything in memory. README.md is its manual.
#include <tenon/config.hpp>
#include <tenon/data_dir.hpp>
#include <tenon/module.hpp>
#include <tenon/storage.hpp>

#include "common/limits.h"
#include "memory/engine.h"

namespace tenon::storage_memory {

constexpr const char* config_schema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "memory_bytes_max": {
      "type": "integer", "minimum": 0, "default": 0,
      "description": "Budget for keys, values and their bookkeeping. A write beyond it is refused. 0: no budget."
    }
  }
})";

constexpr const char* requires_host[] = {TENON_HOST_CONFIG_ID, TENON_HOST_DATA_DIR_ID, TENON_HOST_DISK_ID,
                                         nullptr};

class MemoryStorage : public sdk::StoragePlugin<MemoryStorage> {
 public:
  static constexpr sdk::PluginInfo info{.id = "org.tenon.storage-memory",
                                        .name = "memory",
                                        .version = TENON_VERSION,
                                        .config_schema_json = config_schema,
                                        .requires_host = requires_host};
  using Engine = storage_memory::Engine;
  using StoragePlugin::StoragePlugin;

  void init() {
    const std::int64_t bytes_max = config().integer_or("memory_bytes_max", 0);
    if (bytes_max < 0)
      throw sdk::Failure(TENON_E_INVALID, "option \"memory_bytes_max\" must not be negative");
    memory_bytes_max_ = static_cast<std::uint64_t>(bytes_max);
    dir_ = sdk::data_dir(host());
  }
  std::unique_ptr<Engine> open(tenon_engine_info* ret_info) {
    auto engine = std::make_unique<Engine>(sdk::Disk(host()), dir_, memory_bytes_max_);
    *ret_info = storage::engine_info(TENON_STORAGE_CAP_CHECKPOINT);
    return engine;
  }

 private:
  std::string dir_;
  std::uint64_t memory_bytes_max_ = 0;
};

}  // namespace tenon::storage_memory

TENON_CPP_MODULE(1, "org.tenon.storage-memory", TENON_VERSION, tenon::storage_memory::MemoryStorage)
