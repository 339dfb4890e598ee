#include "algorithm/parts/outbox.h"

#include <algorithm>
#include <utility>

#include "algorithm/parts/invariant.h"

namespace tenon::raft {

namespace {

// Whoever hears the later one needs the earlier one no more: who answers a round of heartbeats was led when
// it began, and so in all rounds before (Progress::answered_round).
bool are_answers_to_one(const Message& a, const Message& b) {
  return a.type == MessageType::heartbeat_response && b.type == a.type && a.to == b.to && a.term == b.term;
}

}  // namespace

// Until the write that began last is durable.
void Outbox::hold(Message message) {
  for (auto at = held_.rbegin(); at != held_.rend() && at->write == begun_; ++at) {
    if (!are_answers_to_one(message, at->message)) continue;
    message.context = std::max(message.context, at->message.context);
    at->message = std::move(message);
    return;
  }
  held_.push_back({begun_, std::move(message)});
}

WriteNumber Outbox::begin_write() {
  ++begun_;
  for (Message& message : unnumbered_) hold(std::move(message));
  unnumbered_.clear();
  return begun_;
}

void Outbox::no_write() {
  for (Message& message : unnumbered_) {
    if (all_durable()) {
      now_.push_back(std::move(message));
    } else {
      hold(std::move(message));
    }
  }
  unnumbered_.clear();
}

void Outbox::durable(WriteNumber write) {
  TENON_RAFT_INVARIANT(write <= begun_, "a write was reported as durable that was never handed out");
  if (write <= durable_) return;
  durable_ = write;
  std::size_t released = 0;
  while (released < held_.size() && held_[released].write <= write) {
    now_.push_back(std::move(held_[released++].message));
  }
  held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(released));
}

std::vector<Message> Outbox::take() {
  return std::exchange(now_, {});
}

void Outbox::clear() {
  now_.clear();
  unnumbered_.clear();
  held_.clear();
}

std::size_t Outbox::memory_bytes() const {
  return (now_.capacity() + unnumbered_.capacity()) * sizeof(Message) + held_.capacity() * sizeof(Held);
}

}  // namespace tenon::raft
