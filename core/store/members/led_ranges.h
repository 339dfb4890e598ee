#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "store/members/messages.h"
#include "store/members/plan.h"
#include "store/peer_port.h"
#include "store/replicas.h"

namespace tenon::store {

// The leader's half of who is a member: for each range that this node leads, looks about each quarter of a
// second at what is and what should be (plan_members), and does the next step. Knows nothing that a later
// leader could not find out again, but the order. Pure over replicas and links; one thread, outside of their
// calls.
class LedRanges {
 public:
  using Policy = std::function<MemberPolicy(StoreId store)>;
  // What is worth telling people; the text names the nodes.
  using Report = std::function<void(const RangeId& range, const std::string& what)>;

  // Everything outlives it.
  LedRanges(NodeId self, Replicas& replicas, PeerPort& peers, Policy policy, Report report);

  // REQUIRES: a message for a leader.
  void on_message(NodeId from, const MemberMessage& message);
  void on_peer(NodeId node, bool up);
  void tick(MonoNs now_ns);

  // Hands what this node leads over to other voters that are there, for a stop in peace, or since it can't
  // keep what comes; to be called again until nothing is left. Only ranges that are `meant`, and only to
  // nodes that `may_lead`, where that is given. One that was handed the lead and has not kept it gets it
  // again behind all others, and after longer and longer. The number of those that this node leads and
  // another one could lead.
  std::size_t hand_over(const std::function<bool(const Replica& replica)>& meant = {},
                        const std::function<bool(NodeId node)>& may_lead = {});

 private:
  struct Led {
    std::map<NodeId, OpenedReplica> opened;
    std::map<NodeId, MonoNs> lost;        // and when they said so last
    std::map<NodeId, MonoNs> asked;       // to open a replica
    std::optional<kv::Members> changing;  // handed to the plugin
    kv::Members seen;                     // members of the last look
    // What was applied when a look found nothing to do and nothing to wait for. Until one more entry is
    // applied, a message comes for the range, it gets an order, or a link or the policy changes, the next
    // look would find the same: with a thousand ranges that nobody uses, such looks take half a percent of a
    // core.
    std::optional<std::uint64_t> rests_at;
  };

  // Whom this node has handed a range to.
  struct Heir {
    MonoNs at_ns = 0;
    std::int64_t pause_ns = 0;  // before it gets the lead again
  };
  using Heirs = std::map<NodeId, Heir>;

  // none: there is nobody, or nobody now; `ret_anybody`: the former.
  NodeId heir_of(const Replica& replica, const std::function<bool(NodeId node)>& may_lead,
                 bool& ret_anybody) const;
  void note_heir(const RangeId& range, NodeId node);
  void forget_heirs();
  void look(Replica& replica, Led& led);
  // All are looked at anew when it has changed.
  void read_policies();
  void end_rests();
  // Empty: the plugin is at it, or what was decided is not all applied.
  bool is_settled(Replica& replica) const;
  void take_note(const Replica& replica, Led& led);
  MemberFacts facts_of(const Replica& replica, const Led& led) const;
  void tell_settled(const Replica& replica, Led& led);
  void open(const Replica& replica, Led& led, NodeId node);
  void change(Replica& replica, Led& led, const kv::Members& target);
  // The replica that led at that node has failed.
  void elect_anew(NodeId lost_leader, const RangeId& range);
  void answer_about_absorbed(NodeId from, const RangeId& range);
  void answer_ask(NodeId from, const Replica& replica, Led& led);
  void send(NodeId to, const MemberMessage& message);
  Replica* led_replica(const RangeId& range) const;

  const NodeId self_;
  Replicas& replicas_;
  PeerPort& peers_;
  const Policy policy_;
  const Report report_;
  std::map<RangeId, Led> led_;
  std::map<RangeId, Heirs> heirs_;  // of late; also of ranges that it does not lead
  std::set<NodeId> up_;
  std::map<StoreId, MemberPolicy> policies_;  // as of the last look
  MonoNs now_ns_ = 0;
  MonoNs looked_ns_ = 0;
};

}  // namespace tenon::store
