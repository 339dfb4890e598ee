#include "algorithm/parts/outbox.h"

#include <utility>

#include "algorithm/parts/invariant.h"

namespace tenon::raft {

WriteNumber Outbox::begin_write() {
  ++begun_;
  for (Message& message : unnumbered_) held_.push_back({begun_, std::move(message)});
  unnumbered_.clear();
  return begun_;
}

void Outbox::no_write() {
  for (Message& message : unnumbered_) {
    if (all_durable()) {
      now_.push_back(std::move(message));
    } else {
      held_.push_back({begun_, std::move(message)});
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
