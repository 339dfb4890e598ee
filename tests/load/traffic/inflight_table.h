#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

namespace tenon::load {

// The publishes of one client that are not acknowledged yet, by packet id, with the time of each.
// Constant memory of twice the window; packet ids are used in turn.
class InflightTable {
 public:
  enum class Wait : std::uint8_t { nothing = 0, first_ack = 1, pubcomp = 2 };

  // `window` from 1 to 65535: how many may be in flight.
  explicit InflightTable(std::uint32_t window)
      : window_(std::clamp<std::uint32_t>(window, 1, 65535)),
        slots_(std::min<std::uint32_t>(std::bit_ceil(2 * window_), 65536)) {}

  std::uint32_t size() const { return size_; }
  std::uint32_t room() const { return size_ < window_ ? window_ - size_ : 0; }
  // A smaller window, as a broker's Receive Maximum asks for; never a larger one than constructed with.
  void narrow(std::uint32_t window) { window_ = std::clamp<std::uint32_t>(window, 1, window_); }

  // Takes a free packet id for a publish of time `sent_ns`. Requires room().
  std::uint16_t begin(std::uint64_t sent_ns) {
    do {
      cursor_ = cursor_ + 1 == slots_.size() ? 1 : cursor_ + 1;
    } while (slots_[cursor_].wait != Wait::nothing);
    slots_[cursor_] = {sent_ns, Wait::first_ack};
    ++size_;
    return static_cast<std::uint16_t>(cursor_);
  }

  // What `packet_id` waits for; nothing when it is unknown.
  Wait waiting(std::uint16_t packet_id) const {
    return packet_id < slots_.size() ? slots_[packet_id].wait : Wait::nothing;
  }

  // PUBREC came. Requires waiting(packet_id) == first_ack.
  void received(std::uint16_t packet_id) { slots_[packet_id].wait = Wait::pubcomp; }

  // The exchange is over: frees the id and returns the publish's time. Requires that it waits for something.
  std::uint64_t finish(std::uint16_t packet_id) {
    slots_[packet_id].wait = Wait::nothing;
    --size_;
    return slots_[packet_id].sent_ns;
  }

 private:
  struct Slot {
    std::uint64_t sent_ns = 0;
    Wait wait = Wait::nothing;
  };

  std::uint32_t window_;
  std::uint32_t size_ = 0;
  std::size_t cursor_ = 0;
  std::vector<Slot> slots_;  // slot 0 stays empty: packet id 0 is not allowed [MQTT-2.2.1-3]
};

}  // namespace tenon::load
