#include "broker/events/event_queue.h"

#include <tenon/draft/events.h>

#include <algorithm>
#include <iterator>

namespace tenon::broker {

KeptEvent::KeptEvent(const Event& event, std::uint32_t payload_bytes_max) : numbers_(event) {
  std::string_view payload = event.payload;
  if (payload.size() > payload_bytes_max) {
    payload = payload.substr(0, payload_bytes_max);
    numbers_.flags |= TENON_EVENT_TRUNCATED;
  }
  const std::string_view texts[] = {event.tenant,   event.client_id, event.user, event.peer,
                                    event.listener, event.topic,     payload,    event.reason};
  std::size_t size = 0;
  for (const std::string_view text : texts) size += text.size();
  text_.reserve(size);
  std::size_t place = 0;
  for (const std::string_view text : texts) {
    text_ += text;
    ends_[place++] = static_cast<std::uint32_t>(text_.size());
  }
}

Event KeptEvent::view() const {
  Event event;
  static_cast<EventNumbers&>(event) = numbers_;
  std::size_t place = 0;
  std::size_t begin = 0;
  for (std::string_view* text : {&event.tenant, &event.client_id, &event.user, &event.peer, &event.listener,
                                 &event.topic, &event.payload, &event.reason}) {
    *text = std::string_view(text_).substr(begin, ends_[place] - begin);
    begin = ends_[place++];
  }
  return event;
}

void EventQueue::offer(KeptEvent event) {
  const std::size_t bytes = event.bytes();
  bool is_first_left_out = false;
  {
    const std::lock_guard lock(mutex_);
    if (is_closed_) return;
    if (bytes_ + bytes <= bytes_max_) {
      const bool was_half_full = bytes_ >= bytes_max_ / 2;
      bytes_ += bytes;
      incoming_.push_back(std::move(event));
      const bool is_half_full = bytes_ >= bytes_max_ / 2;
      if (incoming_.size() == 1 || incoming_.size() == enough_count_ || was_half_full != is_half_full)
        some_.notify_one();
    } else {
      is_first_left_out = dropped_ == 0;
      ++dropped_;
      ++dropped_total_;
    }
  }
  if (is_first_left_out && when_full_) when_full_();
}

std::optional<EventQueue::Batch> EventQueue::take(const BatchLimits& limits) {
  Batch batch;
  {
    std::unique_lock lock(mutex_);
    bytes_ -= std::exchange(out_bytes_, 0);
    if (ready_.empty()) some_.wait(lock, [this] { return is_closed_ || !incoming_.empty(); });
    // What a batch before has left waits for others, too.
    if (ready_.size() < limits.count_max) {
      enough_count_ = limits.count_max - ready_.size();
      if (limits.linger.count() > 0)
        some_.wait_for(lock, limits.linger, [this] {
          return is_closed_ || incoming_.size() >= enough_count_ || bytes_ >= bytes_max_ / 2;
        });
      std::move(incoming_.begin(), incoming_.end(), std::back_inserter(ready_));
      incoming_.clear();
    }
    if (is_given_up_) leave_out_the_rest();
    if (ready_.empty()) return std::nullopt;
    batch.dropped = std::exchange(dropped_, 0);
  }
  while (!ready_.empty() && batch.events.size() < limits.count_max) {
    const std::size_t bytes = ready_.front().bytes();
    if (!batch.events.empty() && out_bytes_ + bytes > batch_bytes_max) break;
    out_bytes_ += bytes;
    batch.events.push_back(std::move(ready_.front()));
    ready_.pop_front();
  }
  return batch;
}

// REQUIRES: the observer's thread, which holds the lock.
void EventQueue::leave_out_the_rest() {
  dropped_total_ += ready_.size() + incoming_.size();
  ready_.clear();
  incoming_.clear();
  bytes_ = 0;
}

bool EventQueue::pause(std::chrono::milliseconds time, std::chrono::milliseconds time_if_closed) {
  std::unique_lock lock(mutex_);
  if (is_closed_)
    some_.wait_for(lock, time_if_closed, [this] { return is_given_up_; });
  else
    some_.wait_for(lock, time, [this] { return is_closed_; });
  return !is_given_up_;
}

void EventQueue::close() {
  const std::lock_guard lock(mutex_);
  is_closed_ = true;
  some_.notify_all();
}

void EventQueue::give_up() {
  const std::lock_guard lock(mutex_);
  is_closed_ = true;
  is_given_up_ = true;
  some_.notify_all();
}

std::size_t EventQueue::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

std::uint64_t EventQueue::dropped_total() const {
  const std::lock_guard lock(mutex_);
  return dropped_total_;
}

}  // namespace tenon::broker
