#include "sim/world/event_queue.h"

#include <algorithm>
#include <utility>

namespace tenon::sim {

bool EventQueue::is_later(const Entry& a, const Entry& b) {
  return a.at_ns != b.at_ns ? a.at_ns > b.at_ns : a.number > b.number;
}

void EventQueue::after(std::int64_t delay_ns, Event event) {
  heap_.push_back({now_ns_ + delay_ns, next_number_++, std::move(event)});
  std::push_heap(heap_.begin(), heap_.end(), is_later);
}

bool EventQueue::step(MonoNs end_ns) {
  if (heap_.empty() || heap_.front().at_ns > end_ns) {
    now_ns_ = end_ns;
    return false;
  }
  std::pop_heap(heap_.begin(), heap_.end(), is_later);
  const Entry entry = std::move(heap_.back());
  heap_.pop_back();
  now_ns_ = entry.at_ns;
  entry.event();
  return true;
}

}  // namespace tenon::sim
