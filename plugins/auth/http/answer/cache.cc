#include "answer/cache.h"

#include <algorithm>
#include <utility>

namespace tenon::auth_http {

Cache::Entry Cache::find(const std::string& key, std::int64_t now_ns) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(key);
  if (found == entries_.end()) return {};
  const Entry entry = found->second.entry;
  std::int64_t holds_ns = ttl_ns_;
  if (const auto valid_s = entry.decision->valid_s; valid_s && *valid_s < 1'000'000)
    holds_ns = std::min(holds_ns, static_cast<std::int64_t>(*valid_s) * 1'000'000'000);
  if (now_ns - entry.since_ns < holds_ns) return entry;
  order_.erase(found->second.place);
  entries_.erase(found);
  return {};
}

void Cache::put(const std::string& key, std::shared_ptr<const Decision> decision, std::int64_t now_ns) {
  if (ttl_ns_ == 0 || key.empty()) return;
  const std::lock_guard lock(mutex_);
  if (const auto found = entries_.find(key); found != entries_.end()) {
    order_.erase(found->second.place);
    entries_.erase(found);
  } else if (entries_.size() >= entries_max_) {
    entries_.erase(order_.front());
    order_.pop_front();
  }
  order_.push_back(key);
  entries_.emplace(key, Kept{{std::move(decision), now_ns}, std::prev(order_.end())});
}

}  // namespace tenon::auth_http
