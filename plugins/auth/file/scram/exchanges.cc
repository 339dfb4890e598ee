#include "scram/exchanges.h"

#include <utility>

namespace tenon::auth_file {

std::uint64_t ScramExchanges::add(ScramExchange exchange, std::int64_t now_ns) {
  forget_old(now_ns);
  if (waiting_.size() == count_max) waiting_.erase(waiting_.begin());
  waiting_.emplace(++last_number_, Waiting{std::move(exchange), now_ns + wait_ns_max});
  return last_number_;
}

std::optional<ScramExchange> ScramExchanges::take(std::uint64_t number, std::int64_t now_ns) {
  forget_old(now_ns);
  auto node = waiting_.extract(number);
  if (!node) return std::nullopt;
  return std::move(node.mapped().exchange);
}

const ScramExchange* ScramExchanges::find(std::uint64_t number) const {
  const auto at = waiting_.find(number);
  return at == waiting_.end() ? nullptr : &at->second.exchange;
}

std::int64_t ScramExchanges::forget_old(std::int64_t now_ns) {
  while (!waiting_.empty() && waiting_.begin()->second.until_ns <= now_ns) waiting_.erase(waiting_.begin());
  return waiting_.empty() ? 0 : waiting_.begin()->second.until_ns - now_ns;
}

}  // namespace tenon::auth_file
