#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

#include "scram/exchange.h"

namespace tenon::auth_file {

// Exchanges that wait for the client's second message. Many clients may begin one and go: what is too old is
// forgotten, and the oldest ones when there are too many. One thread at a time.
class ScramExchanges {
 public:
  static constexpr std::size_t count_max = 16'384;
  static constexpr std::int64_t wait_ns_max = 60'000'000'000;

  // Keeps it; returns the number that take() knows it by, never 0.
  std::uint64_t add(ScramExchange exchange, std::int64_t now_ns);
  // Empty: there is none. An exchange is taken once.
  std::optional<ScramExchange> take(std::uint64_t number, std::int64_t now_ns);
  // Forgets what is too old. How long the oldest of the others may still wait; 0: there is none.
  std::int64_t forget_old(std::int64_t now_ns);
  std::size_t count() const { return waiting_.size(); }
  const ScramExchange* find(std::uint64_t number) const;

 private:
  struct Waiting {
    ScramExchange exchange;
    std::int64_t until_ns;
  };

  std::map<std::uint64_t, Waiting> waiting_;  // in the order of adding
  std::uint64_t last_number_ = 0;
};

}  // namespace tenon::auth_file
