#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/intrusive_ptr.h"
#include "routing/match_set.h"

namespace tenon::routing {

// The receivers of the topics that were published to lately, as one worker knows them: without it a message
// with QoS 0 takes 4,500 instructions and four allocations instead of 1,850 and none
// (docs/internals/tricks.md). Requires that whoever uses an entry compares its version with the table's.
// Pure; not thread-safe.
//
// Bounded: each topic has one place, and a new topic takes the place of the older one that had it; when all
// sets together exceed a budget of memory, everything is forgotten. What nobody looks for any more is
// forgotten by and by (age()).
class TopicCache {
 public:
  struct Entry {
    std::string topic;
    std::uint64_t hash = 0;
    std::uint64_t version = 0;  // of the table, when `set` was last known to hold; 0: never
    Ref<MatchSet> set;          // null exactly when version is 0
    // Counts up whenever the entry gets another topic or set, so that others may remember what they know of
    // it: a link, that it may publish to the topic.
    std::uint64_t stamp = 0;
    std::uint32_t bytes = 0;
    bool is_recent = false;  // it was looked for since age() came by
    // Who else wishes to see messages to the topic, as the version says; kept for whoever sets it behind
    // set().
    std::uint64_t interceptors = 0;
  };

  // The set of an entry, which stays until this ends, whatever becomes of the entry. A reference of its own
  // would be counted twice for each message, and a tenth of the CPU of a small one went into that and its
  // likes (docs/internals/tricks.md). Requires that the cache outlives it.
  class Lent {
   public:
    Lent(TopicCache& cache, const Entry& entry) : cache_(cache), set_(Ref<MatchSet>::adopt(entry.set.get())) {
      ++cache_.lent_count_;
    }
    ~Lent() {
      (void)set_.release();
      if (--cache_.lent_count_ == 0 && !cache_.released_.empty()) [[unlikely]]
        cache_.released_.clear();
    }
    Lent(const Lent&) = delete;
    Lent& operator=(const Lent&) = delete;

    // From now on that of this entry.
    void take(const Entry& entry) {
      (void)set_.release();
      set_ = Ref<MatchSet>::adopt(entry.set.get());
    }
    const Ref<MatchSet>& set() const { return set_; }

   private:
    TopicCache& cache_;
    Ref<MatchSet> set_;  // not counted
  };

  // `entry_count_max` is a power of two; `hash_seed` is secret and random.
  TopicCache(std::size_t entry_count_max, std::size_t bytes_max, std::uint64_t hash_seed);

  // The entry of this topic; when it is a new one, its set is null. Valid until the next find().
  Entry& find(std::string_view topic);
  // Gives an entry what a match at `version` has found.
  void set(Entry& entry, std::uint64_t version, Ref<MatchSet> found);

  // Goes through one of `parts` equal parts of the table, each time the next one: what nobody has looked for
  // since it last came by is forgotten. A table that is nearly empty shrinks when all was gone through.
  void age(std::size_t parts);

  // Places for topics, taken or not.
  std::size_t place_count() const { return entries_.size(); }
  std::size_t evicted_count() const { return evicted_count_; }

 private:
  // Moves everything to a table of another size, but for what finds no place there.
  void resize(std::size_t size);
  void shrink();
  Entry& replace(Entry& entry, std::string_view topic, std::uint64_t hash);
  void forget(Entry& entry);
  void forget_all();
  // Keeps it while sets are lent.
  void release(Entry& entry);

  const std::size_t entry_count_max_;
  const std::size_t bytes_max_;
  const std::uint64_t seed_;
  std::vector<Entry> entries_;  // a power of two of them
  std::uint64_t stamp_ = 0;
  std::size_t bytes_ = 0;      // of the sets and topics held, as they were when they were set
  std::size_t age_at_ = 0;     // where age() goes on
  std::size_t aged_kept_ = 0;  // what it has left since it began at the front
  std::size_t evicted_count_ = 0;
  std::size_t lent_count_ = 0;
  std::vector<Ref<MatchSet>> released_;  // while some are lent
};

}  // namespace tenon::routing
