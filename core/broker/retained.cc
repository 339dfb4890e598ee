#include "broker/retained.h"

namespace tenon::broker {

service::RetainStore::Put Retained::put(Ref<session::Message> message) {
  const std::unique_lock lock(mutex_);
  const std::string topic(message->view().topic);
  const auto result = store_.put(std::move(message));
  if (result != service::RetainStore::Put::full) ++under_way_[topic].count;
  return result;
}

bool Retained::settle(std::string_view topic) {
  const std::unique_lock lock(mutex_);
  const auto found = under_way_.find(topic);
  if (found == under_way_.end() || --found->second.count > 0) return false;
  const bool passed_over = found->second.passed_over;
  under_way_.erase(found);
  return passed_over;
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

void Retained::clear() {
  const std::unique_lock lock(mutex_);
  store_.clear();
}

}  // namespace tenon::broker
