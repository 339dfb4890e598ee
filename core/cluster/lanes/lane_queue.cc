#include "cluster/lanes/lane_queue.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/wire.h"

namespace tenon::cluster {

void LaneQueue::add(std::uint8_t kind, std::string&& body) {
  queued_bytes_ += cost_of(body.size());
  messages_.push_back({kind, std::move(body)});
}

std::size_t LaneQueue::drop() {
  queued_bytes_ = front_done_ = 0;
  head_.clear();
  return std::exchange(messages_, {}).size();
}

Message LaneQueue::pop() {
  TENON_BUG(!messages_.empty() && front_done_ == 0, "a lane is either cut or not");
  Message message = std::move(messages_.front());
  messages_.pop_front();
  queued_bytes_ -= cost_of(message.body.size());
  return message;
}

std::size_t LaneQueue::take(std::size_t size_bytes_max, std::string& out) {
  const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(size_bytes_max, credit_bytes()));
  std::size_t taken = 0;
  const auto copy = [&](std::string_view text, std::size_t from) {
    const std::string_view piece = text.substr(from, most - taken);
    out.append(piece);
    taken += piece.size();
    front_done_ += piece.size();
  };
  while (!messages_.empty() && taken < most) {
    const Message& front = messages_.front();
    if (head_.empty()) {
      WireWriter head(head_);
      head.u8(front.kind);
      head.varint(front.body.size());
    }
    if (front_done_ < head_.size()) copy(head_, front_done_);
    if (front_done_ >= head_.size()) copy(front.body, front_done_ - head_.size());
    if (front_done_ < head_.size() + front.body.size()) break;
    queued_bytes_ -= cost_of(front.body.size());
    messages_.pop_front();
    head_.clear();
    front_done_ = 0;
  }
  sent_ += taken;
  return taken;
}

bool LaneQueue::grant(std::uint64_t limit) {
  if (!has_credits_ || limit < limit_ || limit < sent_ || limit - sent_ > credit_bytes_max) return false;
  limit_ = limit;
  return true;
}

std::uint64_t LaneQueue::credit_bytes() const {
  return has_credits_ ? limit_ - sent_ : UINT64_MAX;
}

}  // namespace tenon::cluster
