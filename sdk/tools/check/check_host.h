#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "check.h"
#include "host/instance.h"
#include "runtime/files/system_disk.h"
#include "runtime/system_clock.h"
#include "runtime/system_random.h"
#include "runtime/worker_group.h"

namespace tenon::tools {

// A small broker around one plugin: real threads, clock and files, and ports that throw everything away. The
// thread that makes it is its control thread.
class CheckHost final : private host::LogPort,
                        private host::MetricsPort,
                        private host::HealthPort,
                        private host::Neighbours {
 public:
  static constexpr std::uint32_t worker_count = 2;

  // Plugins get a directory of their own below `dir`.
  explicit CheckHost(const std::string& dir);
  ~CheckHost() override;

  // A new instance of the descriptor, with its options read, not yet created. `descriptor` outlives it.
  // Its directory is `data_dir`; one for all instances of this host without.
  // REQUIRES: known_kind(descriptor). invalid: the options do not fit its schema.
  Result<std::unique_ptr<host::Instance>> make(const tenon_plugin_descriptor& descriptor,
                                               const std::string& file, const std::string& options_json,
                                               const std::string& data_dir = {});
  runtime::WorkerGroup& threads() { return *threads_; }
  // Runs `fn` while no worker does anything, as when their loops have ended.
  void without_workers(const std::function<void()>& fn);
  // Makes all threads that the pool will ever have: none comes when a plugin gives it work.
  void fill_pool();
  // Instances made later have other clocks or files than those of the machine; null: those. It outlives them.
  void take_clock(Clock* clock) { other_clock_ = clock; }
  void take_disk(Disk* disk) { other_disk_ = disk; }
  // Lets the control thread, which is the caller, serve what was posted to it until `done`, for `patience_ns`
  // at most. True: done.
  bool serve_until(const std::atomic<bool>& done, std::int64_t patience_ns = 5 * ns_per_s);

 private:
  bool enabled(host::PluginLogLevel) const override { return true; }
  void write(const host::PluginLogRecord&) noexcept override {}
  Result<std::uint32_t> declare(const host::PluginMetric&) override { return ++metric_count_; }
  void add(std::uint32_t, std::int64_t) noexcept override {}
  void set(std::uint32_t, std::int64_t) noexcept override {}
  void observe(std::uint32_t, std::int64_t) noexcept override {}
  void report(std::string_view, host::PluginHealth, std::string_view) noexcept override {}
  host::Instance* find_transport(std::string_view) const override { return nullptr; }
  host::Instance* find_raw(const tenon_plugin*) const override { return nullptr; }

  runtime::SystemClock clock_;
  runtime::SystemRandom random_;
  runtime::SystemDisk disk_;
  Clock* other_clock_ = nullptr;
  Disk* other_disk_ = nullptr;
  std::string data_dir_;
  std::uint32_t metric_count_ = 0;
  std::unique_ptr<runtime::WorkerGroup> threads_;
};

}  // namespace tenon::tools
