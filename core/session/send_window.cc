#include "session/send_window.h"

#include <algorithm>

#include "base/assert.h"

namespace tenon::session {

void SendWindow::start_at(std::uint64_t number) {
  TENON_INVARIANT(empty(), "a window is set back only while empty");
  first_ = next_ = number;
}

std::uint64_t SendWindow::push(State state) {
  TENON_INVARIANT(state == State::done || has_room(), "send window overrun");
  if (state == State::done && empty()) {
    first_ = ++next_;
    return next_ - 1;
  }
  if (next_ - first_ >= ring_.size()) grow();
  const std::uint64_t number = next_++;
  ring_[index(number)] = state;
  if (state != State::done) ++outstanding_;
  return number;
}

void SendWindow::grow() {
  const std::size_t bigger = std::max<std::size_t>(16, ring_.size() * 2);
  std::vector<State> ring(bigger);
  for (std::uint64_t number = first_; number < next_; ++number)
    ring[number & (bigger - 1)] = ring_[index(number)];
  ring_ = std::move(ring);
}

std::optional<std::uint64_t> SendWindow::find(mqtt::PacketId id) const {
  if (empty() || id == mqtt::PacketId::none) return std::nullopt;
  const std::uint64_t first_id = mqtt::number(packet_id(first_));
  const std::uint64_t ahead = (mqtt::number(id) + span_limit - first_id) % span_limit;
  const std::uint64_t number = first_ + ahead;
  if (number >= next_ || state(number) == State::done) return std::nullopt;
  return number;
}

void SendWindow::set_done(std::uint64_t number) {
  TENON_INVARIANT(number >= first_ && number < next_ && state(number) != State::done, "acknowledged twice");
  ring_[index(number)] = State::done;
  --outstanding_;
  while (first_ < next_ && ring_[index(first_)] == State::done) ++first_;
}

}  // namespace tenon::session
