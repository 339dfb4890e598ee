#include <benchmark/benchmark.h>

#include <tenon/draft/storage.h>

#include <memory>
#include <string>
#include <vector>

#include "support/fake_host.h"
#include "support/plugin_module.h"
#include "support/posix_disk.h"
#include "support/sim_random.h"
#include "support/temp_dir.h"

// What the storage engines cost, through their C tables, on the disk of TMPDIR.

namespace tenon::test {
namespace {

constexpr std::uint64_t key_count = 200000;
const std::string value(256, 'v');

tenon_bytes bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// Keys as services make them: an owner, then a number.
std::string key_of(std::uint64_t n) {
  const std::string digits = std::to_string(n * 0x9E3779B1u % 0xFFFFFFFFu);
  return "tenant/inbox/client-" + std::string(10 - digits.size(), '0') + digits;
}

// An engine in a directory of its own.
class Bench {
 public:
  explicit Bench(const std::string& module_path)
      : host_(disk_, dir_.path()),
        plugin_(start_plugin(PluginModule(module_path).plugin_of_kind(TENON_STORAGE_ID), host_.get())),
        table_(static_cast<const tenon_storage*>(plugin_->get_interface(plugin_.get(), TENON_STORAGE_ID))) {
    tenon_engine_info info{};
    info.struct_size = sizeof info;
    table_->open(plugin_.get(), &engine_, &info, nullptr);
  }
  ~Bench() { table_->close(engine_); }

  // `count` puts of consecutive numbers from `first` in one batch.
  bool put(std::uint64_t first, std::uint64_t count, std::uint32_t durability) {
    keys_.clear();
    writes_.clear();
    for (std::uint64_t i = 0; i < count; ++i) keys_.push_back(key_of((first + i) % key_count));
    for (const std::string& key : keys_)
      writes_.push_back({TENON_WRITE_PUT, 1, bytes_of(key), bytes_of(value)});
    const tenon_write_batch batch{writes_.data(), writes_.size()};
    return table_->write_v(engine_, &batch, 1, durability, nullptr) == TENON_OK;
  }
  bool sync() { return table_->sync(engine_, nullptr) == TENON_OK; }
  void fill() {
    for (std::uint64_t i = 0; i < key_count; i += 1000) put(i, 1000, TENON_DURABLE_PROC);
  }
  bool get(std::uint64_t number) {
    const std::string key = key_of(number);
    tenon_bytes found{};
    return table_->get(engine_, nullptr, 1, bytes_of(key), &found) == TENON_OK && found.len == value.size();
  }
  std::uint64_t scan() {
    tenon_iterator* iterator = nullptr;
    if (table_->iter_open(engine_, nullptr, 1, {}, {}, 0, &iterator, nullptr) != TENON_OK) return 0;
    std::uint64_t count = 0;
    tenon_page page{};
    while (table_->iter_next(iterator, 256, 1 << 20, &page, nullptr) == TENON_OK) count += page.count;
    table_->iter_close(iterator);
    return count;
  }

 private:
  TempDir dir_;
  PosixDisk disk_;
  FakeHost host_;
  PluginInstance plugin_;
  const tenon_storage* table_;
  tenon_engine* engine_ = nullptr;
  std::vector<std::string> keys_;
  std::vector<tenon_write> writes_;
};

void write_batches(benchmark::State& state, const char* module_path, std::uint32_t durability) {
  Bench bench(module_path);
  const auto count = static_cast<std::uint64_t>(state.range(0));
  std::uint64_t next = 0;
  for (auto _ : state) {
    if (!bench.put(next, count, durability)) return state.SkipWithError("a write failed");
    next += count;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(next));
}

void get_values(benchmark::State& state, const char* module_path) {
  Bench bench(module_path);
  bench.fill();
  SimRandom random(1);
  for (auto _ : state)
    if (!bench.get(random.below(key_count))) return state.SkipWithError("a key is missing");
  state.SetItemsProcessed(state.iterations());
}

void scan_all(benchmark::State& state, const char* module_path) {
  Bench bench(module_path);
  bench.fill();
  for (auto _ : state)
    if (bench.scan() != key_count) return state.SkipWithError("keys are missing");
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(key_count));
}

constexpr const char* sqlite = TENON_STORAGE_SQLITE;
constexpr const char* memory = TENON_STORAGE_MEMORY;

// What a state engine sees: batches that need not survive, and a sync for each 32 MiB.
void write_state(benchmark::State& state, const char* module_path) {
  constexpr std::uint64_t puts_per_sync = 100000;
  Bench bench(module_path);
  const auto count = static_cast<std::uint64_t>(state.range(0));
  std::uint64_t next = 0;
  std::uint64_t synced = 0;
  if (!bench.sync() || !bench.sync()) return state.SkipWithError("a sync failed");
  for (auto _ : state) {
    if (!bench.put(next, count, TENON_DURABLE_MEM)) return state.SkipWithError("a write failed");
    next += count;
    if (next - synced < puts_per_sync) continue;
    if (!bench.sync()) return state.SkipWithError("a sync failed");
    synced = next;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(next));
}

BENCHMARK_CAPTURE(write_batches, sqlite_proc, sqlite, TENON_DURABLE_PROC)->Arg(1)->Arg(100)->Arg(1000);
BENCHMARK_CAPTURE(write_batches, sqlite_disk, sqlite, TENON_DURABLE_DISK)->Arg(1)->Arg(100)->Arg(1000);
BENCHMARK_CAPTURE(write_batches, memory, memory, TENON_DURABLE_MEM)->Arg(1)->Arg(100)->Arg(1000);
BENCHMARK_CAPTURE(write_state, sqlite, sqlite)->Arg(1000);
BENCHMARK_CAPTURE(get_values, sqlite, sqlite);
BENCHMARK_CAPTURE(get_values, memory, memory);
BENCHMARK_CAPTURE(scan_all, sqlite, sqlite)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(scan_all, memory, memory)->Unit(benchmark::kMillisecond);
#ifdef TENON_STORAGE_ROCKSDB
constexpr const char* rocksdb = TENON_STORAGE_ROCKSDB;
BENCHMARK_CAPTURE(write_batches, rocksdb_proc, rocksdb, TENON_DURABLE_PROC)->Arg(1)->Arg(100)->Arg(1000);
BENCHMARK_CAPTURE(write_batches, rocksdb_disk, rocksdb, TENON_DURABLE_DISK)->Arg(1)->Arg(100)->Arg(1000);
BENCHMARK_CAPTURE(write_state, rocksdb, rocksdb)->Arg(1000);
BENCHMARK_CAPTURE(get_values, rocksdb, rocksdb);
BENCHMARK_CAPTURE(scan_all, rocksdb, rocksdb)->Unit(benchmark::kMillisecond);
#endif

}  // namespace
}  // namespace tenon::test
