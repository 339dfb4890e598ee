#include <benchmark/benchmark.h>

#include <tenon/draft/log.h>
#include <tenon/draft/storage.h>

#include <memory>
#include <string>
#include <vector>

#include "store/disk/log_over_engine.h"
#include "support/fake_host.h"
#include "support/plugin_module.h"
#include "support/posix_disk.h"
#include "support/temp_dir.h"

// What an append to the Raft logs of many groups costs, through the C table, on the disk of TMPDIR: 256 bytes
// an entry, a hard state with each write. Items are entries, which is what replication calls commits.

namespace tenon::test {
namespace {

const std::string data(256, 'd');
const std::string hard_state(32, 'h');

tenon_bytes bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// A journal in a directory of its own.
class Bench {
 public:
  explicit Bench(const char* module_path) : host_(disk_, dir_.path()) {
    const PluginModule module(module_path);
    if (std::string(module_path) == TENON_LOG_SEGMENT) {
      plugin_ = start_plugin(module.plugin_of_kind(TENON_LOG_ID), host_.get());
      table_ = static_cast<const tenon_log*>(plugin_->get_interface(plugin_.get(), TENON_LOG_ID));
      table_->open(plugin_.get(), &journal_, nullptr);
      return;
    }
    plugin_ = start_plugin(module.plugin_of_kind(TENON_STORAGE_ID), host_.get());
    storage_ = static_cast<const tenon_storage*>(plugin_->get_interface(plugin_.get(), TENON_STORAGE_ID));
    tenon_engine_info info{};
    info.struct_size = sizeof info;
    storage_->open(plugin_.get(), &engine_, &info, nullptr);
    over_ =
        std::make_unique<store::LogOverEngine>(*storage_, engine_, store::LogOverEngine::Spaces{}, turns_);
    table_ = &over_->table();
    table_->open(over_->self(), &journal_, nullptr);
  }
  ~Bench() {
    table_->close(journal_);
    if (engine_ != nullptr) storage_->close(engine_);
  }

  // Appends `batch` entries to each of `group_count` groups in one call, and forgets old ones now and then.
  bool append(std::uint64_t group_count, std::uint64_t batch) {
    const std::uint64_t first = last_ + 1;
    last_ += batch;
    entries_.clear();
    for (std::uint64_t i = 0; i < batch; ++i) entries_.push_back({{first + i, 1}, 0, 0, bytes_of(data)});
    writes_.clear();
    for (std::uint64_t range = 1; range <= group_count; ++range)
      writes_.push_back({{range, 1},
                         TENON_LOG_SET_HARD_STATE,
                         static_cast<std::uint32_t>(batch),
                         entries_.data(),
                         bytes_of(hard_state),
                         {}});
    if (table_->write_v(journal_, writes_.data(), writes_.size(), nullptr) != TENON_OK) return false;
    if (last_ < forgotten_ + 2 * kept) return true;
    forgotten_ = last_ - kept;
    for (std::uint64_t range = 1; range <= group_count; ++range)
      if (table_->compact(journal_, {range, 1}, {forgotten_, 1}, nullptr) != TENON_OK) return false;
    return true;
  }

 private:
  static constexpr std::uint64_t kept = 1000;

  TempDir dir_;
  PosixDisk disk_;
  FakeHost host_;
  PluginInstance plugin_;
  const tenon_storage* storage_ = nullptr;
  tenon_engine* engine_ = nullptr;
  std::mutex turns_;
  std::unique_ptr<store::LogOverEngine> over_;
  const tenon_log* table_ = nullptr;
  tenon_journal* journal_ = nullptr;
  std::uint64_t last_ = 0;
  std::uint64_t forgotten_ = 0;
  std::vector<tenon_log_entry> entries_;
  std::vector<tenon_log_write> writes_;
};

void append(benchmark::State& state, const char* module_path) {
  Bench bench(module_path);
  const auto groups = static_cast<std::uint64_t>(state.range(0));
  const auto batch = static_cast<std::uint64_t>(state.range(1));
  for (auto _ : state)
    if (!bench.append(groups, batch)) return state.SkipWithError("a write failed");
  state.counters["commits"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * static_cast<double>(groups * batch),
                         benchmark::Counter::kIsRate);
}

const std::vector<std::vector<std::int64_t>> shapes = {{1, 64, 512}, {1, 16}};

BENCHMARK_CAPTURE(append, segment, TENON_LOG_SEGMENT)
    ->ArgsProduct(shapes)
    ->ArgNames({"groups", "batch"})
    ->UseRealTime();
BENCHMARK_CAPTURE(append, over_sqlite, TENON_STORAGE_SQLITE)
    ->ArgsProduct(shapes)
    ->ArgNames({"groups", "batch"})
    ->UseRealTime();

}  // namespace
}  // namespace tenon::test
