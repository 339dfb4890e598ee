#pragma once

#include <shared_mutex>
#include <string_view>
#include <vector>

#include "service/retain_store.h"

namespace tenon::broker {

// The node's retained messages behind their lock. Any thread. Members as those of service::RetainStore.
class Retained {
 public:
  Retained(std::uint64_t count_max, std::uint64_t hash_seed) : store_(count_max, hash_seed) {}

  service::RetainStore::Put put(Ref<session::Message> message) {
    const std::unique_lock lock(mutex_);
    return store_.put(std::move(message));
  }
  void collect(std::string_view pattern, UnixMs now_ms, std::vector<Ref<session::Message>>& messages) const {
    const std::shared_lock lock(mutex_);
    store_.collect(pattern, now_ms, messages);
  }
  bool holds(const session::Message& message) const {
    const std::shared_lock lock(mutex_);
    return store_.holds(message);
  }
  void tick(UnixMs now_ms) {
    constexpr std::size_t topics_per_tick = 10'000;
    const std::unique_lock lock(mutex_);
    store_.tick(now_ms, topics_per_tick);
  }
  std::size_t size() const {
    const std::shared_lock lock(mutex_);
    return store_.size();
  }
  std::size_t memory_bytes() const {
    const std::shared_lock lock(mutex_);
    return store_.memory_bytes();
  }

 private:
  mutable std::shared_mutex mutex_;
  service::RetainStore store_;
};

}  // namespace tenon::broker
