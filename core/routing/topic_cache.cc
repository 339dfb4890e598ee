#include "routing/topic_cache.h"

#include <algorithm>
#include <utility>

#include "base/digest/hash.h"

namespace tenon::routing {

namespace {

// A topic may stand in any of so many neighbouring places; the table grows before they are all taken often.
constexpr std::size_t ways = 4;
constexpr std::size_t first_size = 64;
constexpr std::size_t growth = 4;
// Chance fills the places of one topic when a tenth of a large table is taken, and it grows. It shrinks far
// enough below that not to go to and fro.
constexpr std::size_t shrink_below = 64;

}  // namespace

TopicCache::TopicCache(std::size_t entry_count_max, std::size_t bytes_max, std::uint64_t hash_seed)
    : entry_count_max_(entry_count_max),
      bytes_max_(bytes_max),
      seed_(hash_seed),
      entries_(std::min(first_size, entry_count_max)) {}

void TopicCache::release(Entry& entry) {
  if (entry.set && lent_count_ != 0)
    released_.push_back(std::move(entry.set));
  else
    entry.set = nullptr;
}

void TopicCache::forget_all() {
  for (Entry& entry : entries_) {
    release(entry);
    entry = {};
  }
  bytes_ = 0;
}

void TopicCache::forget(Entry& entry) {
  bytes_ -= entry.bytes;
  std::string().swap(entry.topic);  // an assignment would keep its memory
  release(entry);
  entry = {};
}

TopicCache::Entry& TopicCache::find(std::string_view topic) {
  if (bytes_ > bytes_max_) forget_all();
  const std::uint64_t hash = keyed_hash(topic, seed_);
  while (true) {
    const std::size_t mask = entries_.size() - 1;
    const std::size_t home = hash & mask & ~(ways - 1);
    Entry* free = nullptr;
    for (std::size_t i = 0; i < ways; ++i) {
      Entry& entry = entries_[home + i];
      if (entry.hash == hash && entry.version != 0 && entry.topic == topic) {
        entry.is_recent = true;
        return entry;
      }
      if (entry.version == 0 && !free) free = &entry;
    }
    if (free) return replace(*free, topic, hash);
    if (entries_.size() >= entry_count_max_) {
      // Which of them goes is left to the hash: no bookkeeping on the way that every message takes.
      ++evicted_count_;
      return replace(entries_[home + (hash >> 60) % ways], topic, hash);
    }
    resize(std::min(entries_.size() * growth, entry_count_max_));
  }
}

TopicCache::Entry& TopicCache::replace(Entry& entry, std::string_view topic, std::uint64_t hash) {
  bytes_ -= std::exchange(entry.bytes, 0);
  entry.topic = topic;
  entry.hash = hash;
  entry.version = 0;
  release(entry);
  entry.interceptors = 0;
  entry.is_recent = true;
  entry.stamp = ++stamp_;
  return entry;
}

void TopicCache::set(Entry& entry, std::uint64_t version, Ref<MatchSet> found) {
  bytes_ -= entry.bytes;
  entry.bytes = static_cast<std::uint32_t>(
      std::min<std::size_t>(found->memory_bytes() + entry.topic.size(), UINT32_MAX));
  bytes_ += entry.bytes;
  entry.version = version;
  release(entry);
  entry.set = std::move(found);
  entry.stamp = ++stamp_;
}

void TopicCache::age(std::size_t parts) {
  const std::size_t end = std::min(entries_.size(), age_at_ + entries_.size() / parts + 1);
  for (; age_at_ < end; ++age_at_) {
    Entry& entry = entries_[age_at_];
    if (entry.version == 0) continue;
    if (!std::exchange(entry.is_recent, false))
      forget(entry);
    else
      ++aged_kept_;
  }
  if (age_at_ < entries_.size()) return;
  age_at_ = 0;
  shrink();
  aged_kept_ = 0;
}

void TopicCache::shrink() {
  std::size_t size = entries_.size();
  while (size / growth >= first_size && aged_kept_ * shrink_below <= size) size /= growth;
  if (size < entries_.size()) resize(size);
}

void TopicCache::resize(std::size_t size) {
  std::vector<Entry> old = std::exchange(entries_, std::vector<Entry>(size));
  age_at_ = aged_kept_ = 0;
  const std::size_t mask = entries_.size() - 1;
  bytes_ = 0;
  for (Entry& entry : old) {
    if (entry.version == 0) continue;
    const std::size_t home = entry.hash & mask & ~(ways - 1);
    std::size_t way = 0;
    while (way < ways && entries_[home + way].version != 0) ++way;
    if (way == ways) {
      release(entry);
      continue;
    }
    bytes_ += entry.bytes;
    entries_[home + way] = std::move(entry);
  }
}

}  // namespace tenon::routing
