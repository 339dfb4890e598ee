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
  if (load_)
    if (const auto known = load_->in_doubt.find(message.topic); known != load_->in_doubt.end())
      load_->in_doubt.erase(known);
  if (!follow_now(message) && load_) load_->late.push_back(session::Message::make(message));
}

bool Retained::follow_now(const session::MessageView& message) {
  // The same message again, or none again, changes nothing: whoever is being sent it goes on.
  if (store_.has_same(message)) return true;
  if (const auto found = under_way_.find(message.topic); found != under_way_.end()) {
    found->second.passed_over = true;
    return true;
  }
  return store_.put(session::Message::make(message)) != service::RetainStore::Put::full;
}

void Retained::load_begins(const std::function<bool(std::string_view topic)>& is_of_range) {
  const std::unique_lock lock(mutex_);
  load_.emplace();
  store_.for_each_topic([&](std::string_view topic) {
    if (is_of_range(topic)) load_->in_doubt.emplace(topic);
  });
}

void Retained::load_ends(bool is_whole) {
  const std::unique_lock lock(mutex_);
  const std::optional<Load> load = std::exchange(load_, std::nullopt);
  if (!is_whole) return;
  store_.clear([&](std::string_view topic) { return load->in_doubt.contains(topic); });
  for (const Ref<session::Message>& message : load->late) follow_now(message->view());
}

}  // namespace tenon::broker
