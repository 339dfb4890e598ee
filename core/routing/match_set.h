#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "base/intrusive_ptr.h"
#include "base/text/topic_syntax.h"
#include "routing/receiver_key.h"
#include "routing/subscription.h"

namespace tenon::routing {

// What some subscriptions of one session say together.
struct Terms {
  std::uint16_t id_count = 0;  // the first ones of its ids
  mqtt::QoS qos = mqtt::QoS::at_most_once;
  bool retain_as_published = false;
};

// One who gets the messages of a topic. Overlapping subscriptions of one session are one receiver, with the
// highest QoS and all subscription ids: one copy of each message [MQTT-3.3.4-2] [MQTT-3.3.4-3].
struct Receiver {
  ReceiverKey key = ReceiverKey::none;
  std::uint32_t first_id = 0;  // in MatchSet::ids
  Terms all;
  Terms local;            // of those without No Local, which alone are for its own messages [MQTT-3.8.3-3]
  bool no_local = false;  // there are none of these
  // What the receiver's permission set said of this topic, and under which of its epochs: one bit a QoS; kept
  // by the receiver's own worker alone, which is the only one to look at it. Epoch 0: not asked yet.
  mutable std::uint32_t verdict_epoch = 0;
  mutable std::uint8_t asked = 0;
  mutable std::uint8_t allowed = 0;

  // For messages of `source`. Its own ones are for it only without `no_local`.
  const Terms& terms_for(ReceiverKey source) const { return source == key ? local : all; }
};
static_assert(sizeof(Receiver) <= 32, "there is one for each subscriber of each topic in the cache");

// A shared subscription: one of its members gets each message.
struct GroupMatch {
  std::uint64_t id = 0;      // of the group; whose turn it is, is kept by it
  std::uint64_t digest = 0;  // the same on all nodes
  Sharing sharing = Sharing::shared;
  // A node is there once for each of its members, up to a limit. There is at least one here or below.
  std::vector<Receiver> members;
  // Other nodes where stored sessions of the group are connected: they take what does not wait in an inbox.
  std::vector<Receiver> nodes_for_qos0 = {};
};

// Everyone who gets the messages of one topic, at one state of the table. Immutable but for the verdicts;
// shared between threads. Receivers on one worker stand together, other nodes and then those with inboxes
// behind them.
class MatchSet final : public RefCounted<MatchSet> {
 public:
  struct WorkerRange {
    std::uint32_t worker;
    std::uint32_t begin;
    std::uint32_t end;
  };

  static Ref<MatchSet> make() { return Ref<MatchSet>::adopt(new MatchSet); }
  static void destroy(MatchSet* set) { delete set; }

  std::span<const Receiver> receivers(const WorkerRange& range) const {
    return {receivers_.data() + range.begin, range.end - range.begin};
  }
  std::span<const WorkerRange> workers() const { return workers_; }
  std::span<const Receiver> nodes() const {
    return {receivers_.data() + nodes_begin_, inboxes_begin_ - nodes_begin_};
  }
  std::span<const Receiver> inboxes() const {
    return {receivers_.data() + inboxes_begin_, receivers_.size() - inboxes_begin_};
  }
  std::span<const GroupMatch> groups() const { return groups_; }
  // `terms`: of `receiver`.
  std::span<const std::uint32_t> ids(const Receiver& receiver, const Terms& terms) const {
    return {ids_.data() + receiver.first_id, terms.id_count};
  }
  // The group of which `receiver`, one of this set's, is a member; null: of none.
  const GroupMatch* group_with(const Receiver& receiver) const;
  // Its digest; 0: of none.
  std::uint64_t group_of(const Receiver& receiver) const {
    const GroupMatch* group = group_with(receiver);
    return group ? group->digest : 0;
  }
  // Some receiver, or member of a group, has an inbox.
  bool may_reach_inboxes() const { return may_reach_inboxes_; }
  bool empty() const { return receivers_.empty() && groups_.empty(); }
  // Somebody gets a message with this QoS. A node with no_local wants those with QoS 0 only.
  bool reaches(mqtt::QoS qos) const {
    if (qos == mqtt::QoS::at_most_once || !groups_.empty() || nodes().size() < receivers_.size())
      return !empty();
    return std::any_of(nodes().begin(), nodes().end(), [](const Receiver& node) { return !node.no_local; });
  }
  std::size_t memory_bytes() const;

 private:
  friend class MatchSetBuilder;
  MatchSet() = default;
  ~MatchSet() = default;
  friend class RefCounted<MatchSet>;

  std::vector<Receiver> receivers_;
  std::vector<WorkerRange> workers_;
  std::vector<GroupMatch> groups_;
  std::vector<std::uint32_t> ids_;
  std::uint32_t nodes_begin_ = 0;
  std::uint32_t inboxes_begin_ = 0;
  bool may_reach_inboxes_ = false;
};

// Collects what the index names for one topic, then makes the set. For one use.
class MatchSetBuilder {
 public:
  void add(ReceiverKey key, const SubscriptionOptions& options) { found_.push_back({key, options}); }
  // `members`: (key, options) pairs by add_member until the next begin_group or finish.
  void begin_group(std::uint64_t id, std::uint64_t digest, Sharing sharing);
  void add_member(ReceiverKey key, const SubscriptionOptions& options);
  Ref<MatchSet> finish();

 private:
  struct Found {
    ReceiverKey key;
    SubscriptionOptions options;
  };
  Receiver start(MatchSet& set, const Found& found);
  // REQUIRES: those without No Local come first.
  void merge(MatchSet& set, Receiver& into, const SubscriptionOptions& options);

  Ref<MatchSet> set_ = MatchSet::make();
  std::vector<Found> found_;
};

}  // namespace tenon::routing
