#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include <tenon/clock.hpp>
#include <tenon/timer.hpp>

#include "scram/exchanges.h"

namespace tenon::auth_file {

// The exchanges of one worker by its clock. Those whose time is up go, though nobody begins or ends another.
// On that worker, its end included.
class WaitingExchanges {
 public:
  WaitingExchanges(const sdk::Clock& clock, const sdk::Timer& timer) : clock_(clock), timer_(timer) {}
  ~WaitingExchanges();
  WaitingExchanges(const WaitingExchanges&) = delete;
  WaitingExchanges& operator=(const WaitingExchanges&) = delete;

  // As those of ScramExchanges.
  std::uint64_t add(ScramExchange exchange);
  std::optional<ScramExchange> take(std::uint64_t number);
  const ScramExchange* find(std::uint64_t number) const { return exchanges_.find(number); }
  std::size_t count() const { return exchanges_.count(); }

 private:
  void forget_in_time();
  void on_timer();

  const sdk::Clock clock_;
  const sdk::Timer timer_;
  ScramExchanges exchanges_;
  std::uint64_t token_ = 0;  // of the timer; 0: it is not started
};

}  // namespace tenon::auth_file
