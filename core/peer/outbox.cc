#include "peer/outbox.h"

#include <utility>

namespace tenon::peer {

Outbox::Outbox(runtime::Worker& worker, Taker& taker, std::size_t bytes_max)
    : worker_(worker), taker_(taker), bytes_max_(bytes_max) {}

Outbox::Put Outbox::put(Item&& item) {
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return Put::closed;
    if (bytes_ + item.body.size() > bytes_max_) return Put::full;
    bytes_ += item.body.size();
    items_.push_back(std::move(item));
    if (std::exchange(posted_, true)) return Put::taken;
  }
  worker_.post(make_task([self = shared_from_this()] { self->hand_over(); }));
  return Put::taken;
}

void Outbox::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  items_ = {};
  bytes_ = 0;
}

void Outbox::hand_over() {
  std::vector<Item> items;
  {
    const std::lock_guard lock(mutex_);
    posted_ = false;
    if (closed_) return;
    items.swap(items_);
    bytes_ = 0;
  }
  taker_.take(std::move(items));
}

}  // namespace tenon::peer
