#include "scram/waiting.h"

#include <utility>

#include <tenon/callback.hpp>

namespace tenon::auth_file {

WaitingExchanges::~WaitingExchanges() {
  if (token_ != 0) timer_.cancel(token_);
}

std::uint64_t WaitingExchanges::add(ScramExchange exchange) {
  const std::uint64_t number = exchanges_.add(std::move(exchange), clock_.mono_ns());
  if (token_ == 0) forget_in_time();
  return number;
}

std::optional<ScramExchange> WaitingExchanges::take(std::uint64_t number) {
  return exchanges_.take(number, clock_.mono_ns());
}

// Without a timer, which the host may refuse, the next one that is added starts it.
void WaitingExchanges::forget_in_time() {
  const std::int64_t left_ns = exchanges_.forget_old(clock_.mono_ns());
  if (left_ns == 0) return;
  (void)timer_.start(left_ns, sdk::callback<&WaitingExchanges::on_timer>, this, &token_);
}

void WaitingExchanges::on_timer() {
  token_ = 0;
  forget_in_time();
}

}  // namespace tenon::auth_file
