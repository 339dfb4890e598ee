#include "broker/subscriptions.h"

#include <mutex>

namespace tenon::broker {

bool Subscriptions::put(std::string_view filter, routing::ReceiverKey key,
                        const routing::SubscriptionOptions& options) {
  const std::unique_lock lock(mutex_);
  const bool is_new = table_.put(filter, key, options);
  publish_version();
  return is_new;
}

bool Subscriptions::remove(std::string_view filter, routing::ReceiverKey key) {
  const std::unique_lock lock(mutex_);
  const bool was_there = table_.remove(filter, key);
  publish_version();
  return was_there;
}

std::optional<topic::FilterId> Subscriptions::id_of(std::string_view filter) const {
  const std::shared_lock lock(mutex_);
  return table_.id_of(filter);
}

std::string Subscriptions::filter_of(topic::FilterId id) const {
  const std::shared_lock lock(mutex_);
  return table_.filter_of(id);
}

void Subscriptions::set_interceptor(std::size_t place, std::span<const std::string> filters) {
  const std::unique_lock lock(mutex_);
  if (!intercept_filters_.set(place, filters)) return;
  table_.forget_changes();
  publish_version();
}

void Subscriptions::refresh_slow(routing::TopicCache& cache, routing::TopicCache::Entry& entry) const {
  const std::shared_lock lock(mutex_);
  if (entry.set && !table_.changed_since(entry.version, entry.topic)) {
    entry.version = table_.version();
    return;
  }
  cache.set(entry, table_.version(), table_.match(entry.topic));
  entry.interceptors = intercept_filters_.match(entry.topic);
}

std::size_t Subscriptions::size() const {
  const std::shared_lock lock(mutex_);
  return table_.size();
}

std::size_t Subscriptions::memory_bytes() const {
  const std::shared_lock lock(mutex_);
  return table_.memory_bytes();
}

}  // namespace tenon::broker
