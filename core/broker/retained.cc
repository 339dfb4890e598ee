#include "broker/retained.h"

#include <utility>

namespace tenon::broker {

service::RetainStore::Put Retained::put(Ref<session::Message> message) {
  const std::unique_lock lock(mutex_);
  const std::string topic(message->view().topic);
  const auto result = store_.put(std::move(message));
  if (result != service::RetainStore::Put::full) ++under_way_[topic].count;
  return result;
}

bool Retained::settle(std::string_view topic, bool was_committed) {
  const std::unique_lock lock(mutex_);
  const auto found = under_way_.find(topic);
  if (found == under_way_.end()) return false;
  UnderWay& one = found->second;
  one.passed_over = one.passed_over || !was_committed;
  if (--one.count > 0) return false;
  if (one.asked) {
    one.passed_over = true;  // by this one
    return false;
  }
  one.asked = std::exchange(one.passed_over, false);
  if (one.asked) return true;
  under_way_.erase(found);
  return false;
}

bool Retained::answer(const session::MessageView& message) {
  const std::unique_lock lock(mutex_);
  const auto found = under_way_.find(message.topic);
  if (found == under_way_.end()) return true;
  UnderWay& one = found->second;
  if (one.count > 0) {
    // Another one of this node's own: it asks when it is settled.
    one.asked = false;
    one.passed_over = true;
    return true;
  }
  if (std::exchange(one.passed_over, false)) return false;
  under_way_.erase(found);
  if (!store_.has_same(message)) store_.put(session::Message::make(message));
  return true;
}

service::RetainStore::Put Retained::show(Ref<session::Message> message) {
  const std::unique_lock lock(mutex_);
  if (const auto found = under_way_.find(message->view().topic); found != under_way_.end())
    found->second.passed_over = true;
  return store_.put(std::move(message));
}

void Retained::follow(const session::MessageView& message) {
  const std::unique_lock lock(mutex_);
  // The same message again, or none again, changes nothing: whoever is being sent it goes on.
  if (store_.has_same(message)) return;
  if (const auto found = under_way_.find(message.topic); found != under_way_.end()) {
    found->second.passed_over = true;
    return;
  }
  store_.put(session::Message::make(message));
}

void Retained::clear(const std::function<bool(std::string_view topic)>& is_of_range) {
  const std::unique_lock lock(mutex_);
  store_.clear(is_of_range);
}

}  // namespace tenon::broker
