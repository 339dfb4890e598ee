// What a call into a plugin costs beside a direct call of the same code: through the table of the module that
// the broker loads, and of the class behind it, linked in here.

#include <benchmark/benchmark.h>

#include <tenon/draft/storage.h>
#include <tenon/kind/auth.h>

#include <string>
#include <vector>

#include <tenon/auth.hpp>

#include "memory/engine.h"
#include "support/fake_host.h"
#include "support/plugin_module.h"
#include "support/posix_disk.h"
#include "support/temp_dir.h"

namespace tenon::test {
namespace {

constexpr std::uint32_t space = 1;

tenon_bytes bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// A plugin that is started, and its table.
template <class Table>
class Loaded {
 public:
  Loaded(const char* module_path, const char* kind_id)
      : host_(disk_, dir_.path()),
        plugin_(start_plugin(PluginModule(module_path).plugin_of_kind(kind_id), host_.get())),
        table_(static_cast<const Table*>(plugin_->get_interface(plugin_.get(), kind_id))) {}
  const Table& table() const { return *table_; }
  tenon_plugin* plugin() const { return plugin_.get(); }
  const tenon_host* host() const { return host_.get(); }

 private:
  TempDir dir_;
  PosixDisk disk_;
  FakeHost host_;
  PluginInstance plugin_;
  const Table* table_;
};

// One record, or none at all, so that looking for it is next to nothing.
struct Row {
  std::string key = "key";
  std::string value = "value";
  tenon_write write{TENON_WRITE_PUT, space, bytes_of(key), bytes_of(value)};
  tenon_write_batch batch{&write, 1};
};

void storage_get_by_table(benchmark::State& state) {
  const Loaded<tenon_storage> memory(TENON_STORAGE_MEMORY, TENON_STORAGE_ID);
  const tenon_storage& table = memory.table();
  tenon_engine* engine = nullptr;
  tenon_engine_info info{};
  info.struct_size = sizeof info;
  table.open(memory.plugin(), &engine, &info, nullptr);
  const Row row;
  if (state.range(0) != 0) table.write_v(engine, &row.batch, 1, TENON_DURABLE_MEM, nullptr);
  tenon_bytes found{};
  for (auto _ : state) benchmark::DoNotOptimize(table.get(engine, nullptr, space, bytes_of(row.key), &found));
  table.close(engine);
}
BENCHMARK(storage_get_by_table)->ArgName("records")->Arg(0)->Arg(1);

void storage_get_directly(benchmark::State& state) {
  const Loaded<tenon_storage> memory(TENON_STORAGE_MEMORY, TENON_STORAGE_ID);
  storage_memory::Engine engine(sdk::Disk(memory.host()), "nothing", 0);
  const Row row;
  if (state.range(0) != 0) engine.write_v({&row.batch, 1}, TENON_DURABLE_MEM);
  tenon_bytes found{};
  for (auto _ : state) benchmark::DoNotOptimize(engine.get(nullptr, space, bytes_of(row.key), &found));
}
BENCHMARK(storage_get_directly)->ArgName("records")->Arg(0)->Arg(1);

// Permissions that need no thought.
class AllowsAll final : public sdk::PermissionSet {
 public:
  bool allows(const tenon_authz_query& query) const noexcept override { return query.action != 0; }
};

tenon_authz_query query_of(std::string_view topic) {
  tenon_authz_query query{};
  query.struct_size = sizeof query;
  query.action = TENON_ACTION_PUBLISH;
  query.topic = sdk::abi(topic);
  return query;
}

// So many questions in one call, as the broker asks for all receivers of a message at once.
void permission_by_table(benchmark::State& state) {
  TempDir dir;
  PosixDisk disk;
  const FakeHost host(disk, dir.path());
  // Made and not started: sets of permissions need nothing of the instance.
  tenon_plugin* plugin = nullptr;
  PluginModule(TENON_AUTH_FILE).plugin_of_kind(TENON_AUTH_ID).create(host.get(), &plugin, nullptr);
  const auto& table = *static_cast<const tenon_auth*>(plugin->get_interface(plugin, TENON_AUTH_ID));
  const auto set = sdk::PermissionSetRef::adopt(new AllowsAll);
  const std::vector<tenon_authz_query> queries(static_cast<std::size_t>(state.range(0)), query_of("a/b"));
  std::vector<std::uint8_t> answers(queries.size());
  for (auto _ : state) {
    table.permset_check(set.get()->raw(), queries.data(), static_cast<std::uint32_t>(queries.size()),
                        sizeof queries[0], answers.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  plugin->destroy(plugin);
}
BENCHMARK(permission_by_table)->ArgName("questions")->Arg(1)->Arg(16);

void permission_directly(benchmark::State& state) {
  const auto set = sdk::PermissionSetRef::adopt(new AllowsAll);
  const sdk::PermissionSet* asked = set.get();
  const tenon_authz_query query = query_of("a/b");
  for (auto _ : state) {
    benchmark::DoNotOptimize(asked);
    benchmark::DoNotOptimize(asked->allows(query));
  }
}
BENCHMARK(permission_directly);

}  // namespace
}  // namespace tenon::test
