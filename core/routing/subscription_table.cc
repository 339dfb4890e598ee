#include "routing/subscription_table.h"

#include "topic/filter_index.h"
#include "topic/topic.h"

namespace tenon::routing {

struct SubscriptionTable::Index {
  explicit Index(std::uint64_t seed) : filters(seed) {}
  topic::FilterIndex<ReceiverKey, SubscriptionOptions> filters;
};

SubscriptionTable::SubscriptionTable(std::uint64_t hash_seed) : index_(std::make_unique<Index>(hash_seed)) {}
SubscriptionTable::~SubscriptionTable() = default;

bool SubscriptionTable::put(std::string_view filter, ReceiverKey key, const SubscriptionOptions& options) {
  const SplitFilter split = split_filter(filter);
  const auto before = index_->filters.insert(split, key, options);
  if (!before || *before != options) note_change(split.pattern);
  return !before;
}

bool SubscriptionTable::remove(std::string_view filter, ReceiverKey key) {
  const SplitFilter split = split_filter(filter);
  if (!index_->filters.erase(split, key)) return false;
  note_change(split.pattern);
  return true;
}

std::optional<topic::FilterId> SubscriptionTable::id_of(std::string_view filter) const {
  return index_->filters.id_of(split_filter(filter));
}
std::string SubscriptionTable::filter_of(topic::FilterId id) const {
  return index_->filters.text_of(id);
}

void SubscriptionTable::note_change(std::string_view filter) {
  changes_[++version_ % remembered] = filter;
}

bool SubscriptionTable::changed_since(std::uint64_t version, std::string_view topic) const {
  if (version_ - version > remembered) return true;
  for (std::uint64_t at = version + 1; at <= version_; ++at)
    if (topic::matches(changes_[at % remembered], topic)) return true;
  return false;
}

Ref<MatchSet> SubscriptionTable::match(std::string_view topic) const {
  MatchSetBuilder builder;
  index_->filters.match(
      topic, [&](const auto& entry) { builder.add(entry.key, entry.value); },
      [&](const auto& group) {
        builder.begin_group(group.id(), group.digest(), group.sharing());
        for (const auto& member : group.members()) builder.add_member(member.key, member.value);
      });
  return builder.finish();
}

std::size_t SubscriptionTable::size() const {
  return index_->filters.size();
}
std::size_t SubscriptionTable::memory_bytes() const {
  return index_->filters.memory_bytes();
}

}  // namespace tenon::routing
