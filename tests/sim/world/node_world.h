#pragma once

#include <cstdint>
#include <string>

#include "base/executor.h"
#include "base/random.h"
#include "host/ports.h"
#include "sim/world/node_clock.h"
#include "sim/world/node_disk.h"
#include "sim/world/world.h"

namespace tenon::sim {

// The machine that a node runs on, as its plugins see it: clock, chance and disk, simulated; no thread but
// the one, no socket. Outlives the lives of the node. What plugins log goes into the trace.
class NodeWorld {
 public:
  NodeWorld(World& world, std::uint32_t node);

  NodeClock& clock() { return clock_; }
  const NodeClock& clock() const { return clock_; }
  NodeDisk& disk() { return disk_; }
  test::SimRandom& random() { return random_; }
  host::HostServices services() {
    return {&clock_, &chance_, &disk_, &executor_, &log_, &metrics_, &health_};
  }

 private:
  class Chance final : public Random {
   public:
    explicit Chance(test::SimRandom& random) : random_(random) {}
    void fill(std::span<std::uint8_t> out) override;

   private:
    test::SimRandom& random_;
  };
  // Nothing that a store uses asks for workers or for jobs.
  class NoExecutor final : public Executor {
   public:
    std::uint32_t worker_count() const override { return 0; }
    void post(std::uint32_t worker, Task* task) override;
    void post_control(Task* task) override;
    bool post_blocking(Task*) override { return false; }
    std::uint32_t current_worker() const override { return no_worker; }
    Reactor& current_reactor() override;
  };
  class TracedLog final : public host::LogPort {
   public:
    TracedLog(Trace& trace, std::uint32_t node) : trace_(trace), node_(node) {}
    bool enabled(host::PluginLogLevel level) const override { return level >= host::PluginLogLevel::info; }
    void write(const host::PluginLogRecord& record) noexcept override;

   private:
    Trace& trace_;
    const std::uint32_t node_;
  };
  class NoMetrics final : public host::MetricsPort {
   public:
    Result<std::uint32_t> declare(const host::PluginMetric&) override { return ++last_; }
    void add(std::uint32_t, std::int64_t) noexcept override {}
    void set(std::uint32_t, std::int64_t) noexcept override {}
    void observe(std::uint32_t, std::int64_t) noexcept override {}

   private:
    std::uint32_t last_ = 0;
  };
  class TracedHealth final : public host::HealthPort {
   public:
    TracedHealth(Trace& trace, std::uint32_t node) : trace_(trace), node_(node) {}
    void report(std::string_view instance, host::PluginHealth state, std::string_view text) noexcept override;

   private:
    Trace& trace_;
    const std::uint32_t node_;
  };

  NodeClock clock_;
  test::SimRandom random_;
  Chance chance_{random_};
  NodeDisk disk_;
  NoExecutor executor_;
  TracedLog log_;
  NoMetrics metrics_;
  TracedHealth health_;
};

}  // namespace tenon::sim
