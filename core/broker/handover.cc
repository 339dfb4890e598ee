#include "broker/handover.h"

#include "broker/shard.h"

namespace tenon::broker {

void Handover::add(session::Publication& publication, const Ref<routing::MatchSet>& set,
                   std::span<const routing::Receiver> receivers, Offer offer) {
  Item& item = items_.emplace_back();
  if (sets_.empty() || sets_.back() != set) sets_.push_back(set);
  item.set = static_cast<std::uint32_t>(sets_.size() - 1);
  item.receivers = receivers;
  item.offer = offer;
  const session::MessageView& view = publication.view();
  if (view.payload.size() >= session::Publication::shared_payload_bytes_min) {
    item.message = publication.shared();
    shared_bytes_ += view.payload.size();
    return;
  }
  item.view = view;
  item.offset = bytes_.size();
  const Bytes topic = as_bytes(view.topic);
  bytes_.insert(bytes_.end(), topic.begin(), topic.end());
  bytes_.insert(bytes_.end(), view.forwarded.begin(), view.forwarded.end());
  bytes_.insert(bytes_.end(), view.payload.begin(), view.payload.end());
}

session::MessageView Handover::view_of(const Item& item) const {
  session::MessageView view = item.view;
  const std::uint8_t* at = bytes_.data() + item.offset;
  view.topic = as_text({at, item.view.topic.size()});
  at += view.topic.size();
  view.forwarded = {at, item.view.forwarded.size()};
  at += view.forwarded.size();
  view.payload = {at, item.view.payload.size()};
  return view;
}

void Handover::run() {
  const std::size_t size = size_bytes();
  for (const Item& item : items_) {
    if (item.message) {
      session::Publication publication(item.message);
      target_->deliver(publication, sets_[item.set], item.receivers, item.offer);
    } else {
      const session::MessageView view = view_of(item);
      session::Publication publication(view);
      target_->deliver(publication, sets_[item.set], item.receivers, item.offer);
    }
  }
  items_.clear();
  sets_.clear();
  bytes_.clear();
  shared_bytes_ = 0;
  target_->keep(this, size);
}

}  // namespace tenon::broker
