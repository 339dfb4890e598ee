#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>

#include "broker/intercept/intercept_filters.h"
#include "routing/subscription_table.h"
#include "routing/topic_cache.h"

namespace tenon::broker {

// The node's subscription table behind its lock. Any thread.
//
// A reader that finds its cached result at the current version takes no lock at all: that is two locked
// instructions, 6.5 ns each and 8 to 12 where two workers meet (build/tests/bench/cells_bench). Requires the
// version to be published before put() gives the lock back. A subscription that
// put() has returned for is seen by every publish that begins afterwards, on any worker.
class Subscriptions {
 public:
  explicit Subscriptions(std::uint64_t hash_seed) : table_(hash_seed), intercept_filters_(hash_seed) {
    publish_version();
  }

  // True when it is new.
  bool put(std::string_view filter, routing::ReceiverKey key, const routing::SubscriptionOptions& options);
  // False when there was none.
  bool remove(std::string_view filter, routing::ReceiverKey key);

  // Names the filter while somebody subscribes to it; empty: nobody does.
  std::optional<topic::FilterId> id_of(std::string_view filter) const;
  // REQUIRES: somebody subscribes to it.
  std::string filter_of(topic::FilterId id) const;

  // From now on the interceptor of this place is shown messages to the topics that one of these filters
  // matches. REQUIRES: place below 64; valid filters without $share.
  void set_interceptor(std::size_t place, std::span<const std::string> filters);

  // Makes entry.set the receivers of entry.topic as of now, and entry.interceptors the bits of those
  // interceptors.
  void refresh(routing::TopicCache& cache, routing::TopicCache::Entry& entry) const {
    if (entry.version == version_.load(std::memory_order_acquire)) [[likely]]
      return;
    refresh_slow(cache, entry);
  }

  std::size_t size() const;
  std::size_t memory_bytes() const;

 private:
  void publish_version() { version_.store(table_.version(), std::memory_order_release); }
  void refresh_slow(routing::TopicCache& cache, routing::TopicCache::Entry& entry) const;

  mutable std::shared_mutex mutex_;
  routing::SubscriptionTable table_;
  InterceptFilters intercept_filters_;  // what it matches is part of what the table's version is of
  std::atomic<std::uint64_t> version_{0};
};

}  // namespace tenon::broker
