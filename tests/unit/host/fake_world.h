#pragma once

#include <algorithm>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "fake_disk.h"
#include "fake_executor.h"
#include "host/ports.h"
#include "support/manual_clock.h"

namespace tenon::host::test {

class CountingRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> out) override {
    for (std::uint8_t& byte : out) byte = ++last_;
  }

 private:
  std::uint8_t last_ = 0;
};

class RecordingLog final : public LogPort {
 public:
  bool enabled(PluginLogLevel level) const override { return level >= threshold; }
  void write(const PluginLogRecord& r) noexcept override {
    std::string line = std::string(r.instance) + " " + std::to_string(static_cast<int>(r.level)) + " " +
                       std::string(r.event) + ": " + std::string(r.message);
    for (const auto& [key, value] : r.fields) line.append(" ").append(key).append("=").append(value);
    lines.push_back(line);
  }
  PluginLogLevel threshold = PluginLogLevel::info;
  std::vector<std::string> lines;
};

class RecordingMetrics final : public MetricsPort {
 public:
  Result<std::uint32_t> declare(const PluginMetric& m) override {
    std::string name = std::string(m.instance) + "/" + std::string(m.name);
    for (const auto& [key, value] : m.labels) name.append(",").append(key).append("=").append(value);
    if (m.name == "refused") return Error{Errc::exists, "taken"};
    names.push_back(name);
    values.push_back(0);
    return static_cast<std::uint32_t>(names.size());
  }
  void add(std::uint32_t metric, std::int64_t delta) noexcept override { values[metric - 1] += delta; }
  void set(std::uint32_t metric, std::int64_t value) noexcept override { values[metric - 1] = value; }
  void observe(std::uint32_t metric, std::int64_t value) noexcept override { values[metric - 1] += value; }
  std::vector<std::string> names;
  std::vector<std::int64_t> values;
};

class RecordingHealth final : public HealthPort {
 public:
  void report(std::string_view instance, PluginHealth state, std::string_view text) noexcept override {
    last = std::string(instance) + " " + std::to_string(static_cast<int>(state)) + " " + std::string(text);
  }
  std::string last;
};

// Everything that HostServices asks for, under the test's control.
struct FakeWorld {
  explicit FakeWorld(std::uint32_t worker_count = 2) : executor(worker_count, clock) {}

  HostServices services() { return {&clock, &random, &disk, &executor, &log, &metrics, &health}; }

  tenon::test::ManualClock clock;
  CountingRandom random;
  FakeDisk disk;
  FakeExecutor executor;
  RecordingLog log;
  RecordingMetrics metrics;
  RecordingHealth health;
};

}  // namespace tenon::host::test
