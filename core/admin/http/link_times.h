#pragma once

#include <cstdint>

#include "base/clock.h"

namespace tenon::admin {

// How long the link of an HttpConnection may take for each thing that it does, told by its owner. Each has
// time of its own: a body that comes slowly takes none from the work on it, nor that from the answer.
//
// Pure state.
class LinkTimes {
 public:
  enum class Doing : std::uint8_t {
    opening,    // nothing was asked yet; half a head may have come
    idle,       // between two requests
    receiving,  // a request
    working,    // on the response
    sending,    // an answer, from one part that the peer has taken to the next
  };
  enum class Verdict : std::uint8_t {
    stays,
    answer,  // for work that takes too long
    close,
  };

  static constexpr MonoNs opening_ns_max = 10 * ns_per_s;
  static constexpr MonoNs idle_ns_max = 60 * ns_per_s;
  static constexpr MonoNs receiving_ns_max = 10 * ns_per_s;
  static constexpr MonoNs working_ns_max = 8 * ns_per_s;
  static constexpr MonoNs sending_ns_max = 10 * ns_per_s;

  // `first`: opening, or idle where who is silent from the beginning may be so for as long as between
  // requests.
  explicit LinkTimes(MonoNs now, Doing first = Doing::opening) : doing_(first), since_ns_(now) {}

  // What it does from now on, or still. A link is opening until the head of its first request is whole:
  // `has_head` tells that, once it was.
  void does(Doing doing, bool has_head, MonoNs now);
  // The peer has taken a part of the answer.
  void on_sent(MonoNs now) { since_ns_ = now; }

  Doing doing() const { return doing_; }
  // When it began with that.
  MonoNs since_ns() const { return since_ns_; }
  Verdict look(MonoNs now) const;

 private:
  Doing doing_;
  MonoNs since_ns_;
};

}  // namespace tenon::admin
