#pragma once

#include <array>
#include <cstdint>

#include <tenon/metrics.hpp>
#include <tenon/timer.hpp>

namespace tenon::transport_tcp {

// What the plugin counts.
enum class Count : std::uint8_t {
  accepted,
  accept_errors,
  connects,
  connect_errors,
  received_bytes,
  sent_bytes,
};
constexpr std::size_t count_kinds = 6;

// The declared metrics, one per Count. Made in init.
class CounterMetrics {
 public:
  CounterMetrics() = default;
  explicit CounterMetrics(const sdk::Metrics& metrics);
  void add(std::size_t kind, std::int64_t delta) const { metrics_[kind].add(delta); }

 private:
  std::array<sdk::Metric, count_kinds> metrics_;
};

// The counts of one worker. They are handed to the host about a second after they were made, all at once, so
// that counting costs an addition instead of a call through the host's table, 4 to 5 ns twice a message at
// window 1 (build/tests/bench/abi_bench), and an idle worker is not woken. Requires one worker to each.
class Counters {
 public:
  Counters(const CounterMetrics& metrics, const sdk::Timer& timer) : metrics_(metrics), timer_(timer) {}
  // Hands over what is left.
  ~Counters();

  void add(Count kind, std::uint64_t n = 1) {
    pending_[static_cast<std::size_t>(kind)] += n;
    if (timer_token_ == 0) arm();
  }

 private:
  void arm();
  void flush();

  const CounterMetrics& metrics_;
  const sdk::Timer& timer_;
  std::array<std::uint64_t, count_kinds> pending_{};
  std::uint64_t timer_token_ = 0;
};

}  // namespace tenon::transport_tcp
