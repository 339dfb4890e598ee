#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cluster/lanes/lane_plan.h"

namespace tenon::cluster {

// What comes on one lane of a link: a stream of messages (kind u8, length varint, body), in pieces that are
// cut anywhere; and how far the other side may go on. Pure state; one owner.
//
// A message that is worked on holds its bytes of the window until consumed(). One that is larger than half of
// the window holds no more than that half, or it could never come whole: as its first bytes come, as many are
// granted anew, until only that half is left. So no more than the window is ever on its way.
class LaneInput {
 public:
  // What was worked off is told when it has come to this much.
  static constexpr std::size_t told_bytes_min = lane_window_bytes / 4;

  // A message is refused whose body is larger than `body_bytes_max`.
  LaneInput(Lane lane, std::size_t body_bytes_max)
      : window_bytes_(plan_of(lane).window_bytes), body_bytes_max_(body_bytes_max) {}

  // The next piece of the stream, which stays as it is until next() has found nothing more. False: it is more
  // than was granted, and nothing was taken.
  // REQUIRES: next() has found nothing more.
  bool add(std::string_view piece);

  struct Item {
    std::uint8_t kind = 0;
    std::string_view body;       // until the next call of add() or next()
    std::size_t held_bytes = 0;  // to be given back by consumed(); 0: nothing is
  };
  enum class Found : std::uint8_t { message, nothing, too_large, malformed };
  Found next(Item& ret_item);

  // Bytes of messages that were worked off.
  void consumed(std::size_t size_bytes) { free_to_ += size_bytes; }
  // How far the other side may go, when it is to be told.
  std::optional<std::uint64_t> take_limit();

 private:
  struct Head {
    std::uint8_t kind = 0;
    std::size_t head_bytes = 0;
    std::size_t body_bytes = 0;
    std::size_t size_bytes() const { return head_bytes + body_bytes; }
  };
  Found read_head(std::string_view bytes, Head& ret_head) const;
  Found begin(std::string_view bytes);
  Found collect();
  void let_go(std::size_t size_bytes);
  void give(std::string_view whole, Item& ret_item);

  const std::size_t window_bytes_;  // 0: without credits
  const std::size_t body_bytes_max_;
  std::string_view rest_;          // of the last piece
  std::string part_;               // of a message, when it came in several pieces
  bool part_is_done_ = false;      // it was given
  std::optional<Head> head_;       // of the message that is next
  std::size_t held_bytes_ = 0;     // of it
  std::size_t surplus_bytes_ = 0;  // of it: what it does not hold and what has not come yet
  std::uint64_t received_ = 0;     // of the stream
  std::uint64_t free_to_ = 0;      // what was worked off, or holds nothing
  std::uint64_t told_ = 0;         // the limit that the other side knows
};

}  // namespace tenon::cluster
