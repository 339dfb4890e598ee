#include "broker/link/replay.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace tenon::broker {

void Replay::add(Part&& part) {
  drop(part.filter);
  parts_.push_back(std::move(part));
  places_.emplace(parts_.back().filter, std::prev(parts_.end()));
}

void Replay::drop(std::string_view filter) {
  const auto place = places_.find(filter);
  if (place != places_.end()) erase(place->second);
}

void Replay::change(std::string_view filter, mqtt::QoS qos, std::uint32_t subscription_id) {
  const auto place = places_.find(filter);
  if (place == places_.end()) return;
  place->second->qos = qos;
  place->second->subscription_id = subscription_id;
}

void Replay::erase(Parts::iterator part) {
  if (part == parts_.begin()) {
    is_collected_ = false;
    head_ = {};
    messages_ = {};
    next_ = 0;
  }
  places_.erase(part->filter);
  parts_.erase(part);
}

const Replay::Part* Replay::to_collect() const {
  return parts_.empty() || is_collected_ ? nullptr : &parts_.front();
}

void Replay::collected(std::vector<Ref<session::Message>>&& messages, bool is_whole) {
  if (!head_.empty())
    std::erase_if(messages, [this](const Ref<session::Message>& message) {
      return std::ranges::binary_search(head_, message.get(), {}, &Ref<session::Message>::get);
    });
  if (messages.empty()) return erase(parts_.begin());
  if (!is_whole) {
    head_ = messages;
    std::ranges::sort(head_, {}, &Ref<session::Message>::get);
  }
  messages_ = std::move(messages);
  next_ = 0;
  is_whole_ = is_whole;
  is_collected_ = true;
}

std::optional<Replay::Next> Replay::take() {
  if (!is_collected_) return std::nullopt;
  const Part& part = parts_.front();
  Next next{std::move(messages_[next_++]), part.qos, part.subscription_id};
  if (next_ < messages_.size()) return next;
  if (is_whole_)
    erase(parts_.begin());
  else
    is_collected_ = false;
  return next;
}

}  // namespace tenon::broker
