#include "routing/match_set.h"

#include <algorithm>
#include <functional>

namespace tenon::routing {

std::size_t MatchSet::memory_bytes() const {
  std::size_t bytes = sizeof(MatchSet) + receivers_.capacity() * sizeof(Receiver) +
                      workers_.capacity() * sizeof(WorkerRange) + ids_.capacity() * sizeof(std::uint32_t);
  for (const GroupMatch& group : groups_) bytes += sizeof group + group.members.capacity() * sizeof(Receiver);
  return bytes;
}

const GroupMatch* MatchSet::group_with(const Receiver& receiver) const {
  const auto is_in = [&](const std::vector<Receiver>& list) {
    const std::less<const Receiver*> before;
    return !before(&receiver, list.data()) && before(&receiver, list.data() + list.size());
  };
  if (groups_.empty() || is_in(receivers_)) return nullptr;
  for (const GroupMatch& group : groups_)
    if (is_in(group.members)) return &group;
  return nullptr;
}

namespace {

// Of a node, so many members of a group count.
constexpr std::uint32_t node_members_max = 64;

}  // namespace

void MatchSetBuilder::begin_group(std::uint64_t id, std::uint64_t digest, Sharing sharing) {
  set_->groups_.push_back({id, digest, sharing, {}, {}});
}

void MatchSetBuilder::add_member(ReceiverKey key, const SubscriptionOptions& options) {
  const Receiver member = start(*set_, {key, options});
  const bool is_for_qos0 = is_node(key) && options.no_local;
  GroupMatch& group = set_->groups_.back();
  auto& members = is_for_qos0 ? group.nodes_for_qos0 : group.members;
  const std::uint32_t count =
      is_node(key) ? std::clamp(options.subscription_id, std::uint32_t{1}, node_members_max) : 1;
  members.insert(members.end(), count, member);
}

Receiver MatchSetBuilder::start(MatchSet& set, const Found& found) {
  Receiver receiver;
  receiver.key = found.key;
  set.may_reach_inboxes_ = set.may_reach_inboxes_ || is_inbox(found.key);
  receiver.first_id = static_cast<std::uint32_t>(set.ids_.size());
  receiver.no_local = true;
  merge(set, receiver, found.options);
  return receiver;
}

void MatchSetBuilder::merge(MatchSet& set, Receiver& into, const SubscriptionOptions& options) {
  Terms& all = into.all;
  all.qos = std::max(all.qos, options.qos);
  all.retain_as_published = all.retain_as_published || options.retain_as_published;
  if (options.subscription_id != 0 && !is_node(into.key)) {
    set.ids_.push_back(options.subscription_id);
    ++all.id_count;
  }
  if (options.no_local) return;
  into.no_local = false;
  into.local = all;
}

Ref<MatchSet> MatchSetBuilder::finish() {
  std::sort(found_.begin(), found_.end(), [](const Found& a, const Found& b) {
    return a.key != b.key ? a.key < b.key : a.options.no_local < b.options.no_local;
  });
  MatchSet& set = *set_;
  set.receivers_.reserve(found_.size());
  for (const Found& found : found_) {
    if (!set.receivers_.empty() && set.receivers_.back().key == found.key)
      merge(set, set.receivers_.back(), found.options);
    else
      set.receivers_.push_back(start(set, found));
  }
  const auto first_of = [&](auto is_behind) {
    const auto at = std::find_if(set.receivers_.begin(), set.receivers_.end(), is_behind);
    return static_cast<std::uint32_t>(at - set.receivers_.begin());
  };
  set.nodes_begin_ = first_of([](const Receiver& r) { return is_node(r.key) || is_inbox(r.key); });
  set.inboxes_begin_ = first_of([](const Receiver& r) { return is_inbox(r.key); });
  for (std::uint32_t i = 0; i < set.nodes_begin_; ++i) {
    const ReceiverKey key = set.receivers_[i].key;
    const std::uint32_t worker = address_of(key).worker;
    if (set.workers_.empty() || set.workers_.back().worker != worker) set.workers_.push_back({worker, i, i});
    set.workers_.back().end = i + 1;
  }
  return std::move(set_);
}

}  // namespace tenon::routing
