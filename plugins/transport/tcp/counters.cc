#include "counters.h"

#include <utility>

#include <tenon/callback.hpp>

namespace tenon::transport_tcp {

CounterMetrics::CounterMetrics(const sdk::Metrics& metrics)
    : metrics_{
          metrics.counter("accepted_total", "Connections accepted."),
          metrics.counter("accept_errors_total", "Connections that could not be accepted."),
          metrics.counter("connects_total", "Connections opened to others."),
          metrics.counter("connect_errors_total", "Connections to others that could not be opened."),
          metrics.counter("received_bytes_total", "Bytes read from connections."),
          metrics.counter("sent_bytes_total", "Bytes written to connections."),
      } {}

Counters::~Counters() {
  if (timer_token_ != 0) timer_.cancel(timer_token_);
  flush();
}

void Counters::arm() {
  constexpr std::int64_t delay_ns = 1'000'000'000;
  timer_.start(delay_ns, sdk::callback<&Counters::flush>, this, &timer_token_);
}

void Counters::flush() {
  timer_token_ = 0;
  for (std::size_t kind = 0; kind < count_kinds; ++kind) {
    const std::uint64_t n = std::exchange(pending_[kind], 0);
    if (n > 0) metrics_.add(kind, static_cast<std::int64_t>(n));
  }
}

}  // namespace tenon::transport_tcp
