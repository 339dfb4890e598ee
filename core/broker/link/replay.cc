#include "broker/link/replay.h"

#include <utility>

namespace tenon::broker {

void Replay::add(Part&& part) {
  drop(part.filter);
  places_.emplace(part.filter, ++last_place_);
  parts_.emplace(last_place_, std::move(part));
}

void Replay::drop(std::string_view filter) {
  const auto place = places_.find(filter);
  if (place != places_.end()) erase(parts_.find(place->second));
}

void Replay::erase(Parts::iterator part) {
  if (part == parts_.begin()) {
    is_collected_ = false;
    messages_ = {};
    next_ = 0;
  }
  places_.erase(part->second.filter);
  parts_.erase(part);
}

const Replay::Part* Replay::to_collect() const {
  return parts_.empty() || is_collected_ ? nullptr : &parts_.begin()->second;
}

void Replay::collected(std::vector<Ref<session::Message>>&& messages) {
  if (messages.empty()) return erase(parts_.begin());
  messages_ = std::move(messages);
  is_collected_ = true;
}

std::optional<Replay::Next> Replay::take() {
  if (!is_collected_) return std::nullopt;
  const Part& part = parts_.begin()->second;
  Next next{std::move(messages_[next_++]), part.qos, part.subscription_id};
  if (next_ == messages_.size()) erase(parts_.begin());
  return next;
}

}  // namespace tenon::broker
