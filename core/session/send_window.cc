#include "session/send_window.h"

#include "base/assert.h"

namespace tenon::session {

void SendWindow::start_at(std::uint64_t number) {
  TENON_INVARIANT(empty(), "a window is set back only while empty");
  first_ = number;
}

std::uint64_t SendWindow::push(State state) {
  const bool is_publish = state != State::done && state != State::released;
  TENON_INVARIANT(is_publish ? has_room() : reaches(next()), "send window overrun");
  if (state == State::done && empty()) return first_++;
  if (span_ >= capacity()) grow();
  const std::uint64_t number = first_ + span_++;
  ring_[index(number)] = state;
  if (state != State::done) ++outstanding_;
  return number;
}

void SendWindow::grow() {
  constexpr std::uint8_t first_bits = 4;
  const auto bits = static_cast<std::uint8_t>(ring_ ? capacity_bits_ + 1 : first_bits);
  const std::uint64_t mask = (std::uint64_t{1} << bits) - 1;
  auto ring = std::make_unique<State[]>(mask + 1);
  for (std::uint64_t number = first_; number < next(); ++number) ring[number & mask] = ring_[index(number)];
  ring_ = std::move(ring);
  capacity_bits_ = bits;
}

std::optional<std::uint64_t> SendWindow::find(mqtt::PacketId id) const {
  if (empty() || id == mqtt::PacketId::none) return std::nullopt;
  const std::uint64_t first_id = mqtt::number(packet_id(first_));
  const std::uint64_t ahead = (mqtt::number(id) + span_limit - first_id) % span_limit;
  const std::uint64_t number = first_ + ahead;
  if (number >= next() || state(number) == State::done) return std::nullopt;
  return number;
}

void SendWindow::set_done(std::uint64_t number) {
  TENON_INVARIANT(number >= first_ && number < next() && state(number) != State::done, "acknowledged twice");
  ring_[index(number)] = State::done;
  --outstanding_;
  while (!empty() && ring_[index(first_)] == State::done) {
    ++first_;
    --span_;
  }
}

}  // namespace tenon::session
