#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/text/topic_syntax.h"
#include "routing/match_set.h"
#include "routing/receiver_key.h"
#include "routing/subscription.h"
#include "topic/filter_id.h"

namespace tenon::routing {

// All subscriptions of this node, and what has changed lately.
//
// Each change counts the version up by one and is remembered for a while, so that whoever holds the result of
// an earlier match can tell whether it still holds without matching anew. Pure; not synchronised: one writer,
// or many readers of the const members.
class SubscriptionTable {
 public:
  // `hash_seed` is secret and random.
  explicit SubscriptionTable(std::uint64_t hash_seed);
  ~SubscriptionTable();
  SubscriptionTable(const SubscriptionTable&) = delete;
  SubscriptionTable& operator=(const SubscriptionTable&) = delete;

  // Adds or replaces; true when it is new. REQUIRES: a valid, well-shaped filter.
  bool put(std::string_view filter, ReceiverKey key, const SubscriptionOptions& options);
  // False when there was none.
  bool remove(std::string_view filter, ReceiverKey key);

  // As topic::FilterIndex has them.
  std::optional<topic::FilterId> id_of(std::string_view filter) const;
  std::string filter_of(topic::FilterId id) const;

  Ref<MatchSet> match(std::string_view topic) const;

  std::uint64_t version() const { return version_; }
  // Whether a match of `topic` made at `version` may have another result now. True also when the changes
  // since then are forgotten.
  bool changed_since(std::uint64_t version, std::string_view topic) const;

  // Something that others keep beside matches has changed: changed_since() is true for all topics and
  // versions until now.
  void forget_changes() { version_ += remembered + 1; }

  std::size_t size() const;
  std::size_t memory_bytes() const;

 private:
  static constexpr std::size_t remembered = 256;
  void note_change(std::string_view filter);

  struct Index;
  std::unique_ptr<Index> index_;
  std::uint64_t version_ = 1;
  std::array<std::string, remembered> changes_;  // the pattern that changed, by version % remembered
};

}  // namespace tenon::routing
