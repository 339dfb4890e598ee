#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "routing/turn_taker.h"

namespace tenon::routing {

// In which order the members of a shared subscription are offered a message until one takes it: from the one
// whose turn it is on, and behind all of them those that were put off. Pure; for one message.
class OfferOrder {
 public:
  // Those with the lower one come first, and of each the first one only.
  enum class PutOff : std::uint8_t {
    away,  // it would keep the message until its client is back; not behind so many offers
    full,  // it would drop it
  };

  static constexpr std::size_t away_offers_max = TurnTaker::asked_max;

  // By their indexes. REQUIRES: first < count, or both are 0.
  OfferOrder(std::size_t count, std::size_t first) : count_(count), first_(first) {}

  // Empty: there is no more.
  std::optional<std::size_t> next() {
    if (offered_ < count_) return current_ = (first_ + offered_++) % count_;
    while (offered_ < count_ + put_off_.size())
      if (const auto& member = put_off_[offered_++ - count_]) return member;
    return std::nullopt;
  }

  // About the one that next() has given: whether it is the one whose turn it is.
  bool is_first() const { return offered_ == 1; }
  // Whether next() gives another one behind it.
  bool is_last() const {
    if (offered_ < count_) return false;
    for (std::size_t i = offered_ - count_; i < put_off_.size(); ++i)
      if (put_off_[i]) return false;
    return true;
  }
  // True: another one is to be offered the message. False: its time has come.
  bool put_off(PutOff why) {
    if (offered_ > count_ || (why == PutOff::away && offered_ > away_offers_max)) return false;
    auto& first_of_them = put_off_[static_cast<std::size_t>(why)];
    if (!first_of_them) first_of_them = current_;
    return true;
  }

 private:
  const std::size_t count_;
  const std::size_t first_;
  std::size_t offered_ = 0;  // those that were put off follow behind `count_`
  std::size_t current_ = 0;
  std::array<std::optional<std::size_t>, 2> put_off_;
};

}  // namespace tenon::routing
