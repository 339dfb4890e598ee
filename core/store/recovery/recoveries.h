#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>

#include "store/peer_port.h"
#include "store/ranges.h"
#include "store/recovery/choice.h"
#include "store/recovery/messages.h"
#include "store/recovery/past_replicas.h"
#include "store/recovery/put_off.h"
#include "store/replicas.h"

namespace tenon::store {

// An operator's word that what a range lacks of its majority is lost for good.
struct RecoverRange {
  RangeId range;
  std::uint64_t round = 0;  // random, and not 0
  // Nobody's word: what it lacks is silent. The range goes on as a provisional incarnation.
  bool by_silence = false;
};

// Unsafe recovery of ranges that have lost their majority. There is no leader who could carry it out, so that
// each node can:
//
//   1. asks all nodes that are linked, and those that come before the choice, what they hold of the range,
//      and chooses the one whose log goes furthest (choose_survivor); with a leader or a majority there it
//      does nothing;
//   2. that one ends the group of its replica, applies its whole log, and begins another incarnation of the
//      range with that, alone (Replicas::go_on_as);
//   3. takes in again who else was found, as empty replicas that are filled;
//   4. each node that hears of the new incarnation gives up what it has of the former one, and says how far
//      that went: those that come back find nobody who hears them (PastReplicas).
//
// On nothing but silence, the incarnation is a provisional one, of which each node that hears first looks
// whether the former one has its majority (PutOff). The same order without silence has one that is led
// confirmed, and so does the word of an operator that each node that was missing is gone for good.
//
// Nothing of it outlives a crash but step 2, which is one write. Pure over replicas and links; one thread,
// outside of their calls.
class Recoveries {
 public:
  // `done`: the range goes on; else nothing was changed, or nobody knows. The text says what came of it.
  using Ended = std::function<void(Ticket ticket, AnswerCode code, const std::string& text)>;
  using Report = PastReplicas::Report;
  using Keep = PastReplicas::Keep;

  // Everything outlives it.
  Recoveries(NodeId self, Replicas& replicas, OwnReplicas& own, const Ranges& ranges, PeerPort& peers,
             const Journal& journal, Ended ended, Report report, Keep keep, PutOff::Learn learn);

  // The end of it is told with the ticket, once.
  void begin(Ticket ticket, const RecoverRange& what);
  // As PutOff.
  bool puts_off(const RangeId& range, const kv::Descriptor& descriptor) {
    return put_off_.hears(range, descriptor);
  }
  bool keeps(const RangeId& range) const { return put_off_.keeps(range); }
  // Nodes that do not come back, as operators say; these and no others from now on.
  void set_removed(std::set<NodeId> nodes) { removed_ = std::move(nodes); }

  void on_message(NodeId from, const RecoveryMessage& message);
  void on_peer(NodeId node, bool up);
  void tick(MonoNs now_ns, UnixMs unix_ms);
  // As PastReplicas.
  void log_refuses(bool on) { past_.log_refuses(on); }
  // Does the next steps of what this node's replicas are at.
  void turn();

 private:
  // What this node was asked to do.
  struct Round {
    Ticket ticket = Ticket::none;
    RangeId range;
    bool by_silence = false;
    RecoveryFacts facts;             // `silent`: who has not answered yet
    NodeId survivor = NodeId::none;  // chosen; none: not yet
    MonoNs deadline_ns = 0;
  };
  // A replica of this node that is to go on as another incarnation.
  struct Ending {
    NodeId asker = NodeId::none;
    RecoveryMessage begin;
    std::uint64_t committed = 0;  // as this replica knew
    MonoNs deadline_ns = 0;       // for the group's end
    MonoNs again_ns = 0;          // the engine, or the report, did not take it: not before
    bool is_tail_kept = false;
    std::string failure = {};  // why it was not
  };

  // A provisional range that is led here and is to be confirmed.
  struct Confirmation {
    NodeId asker = NodeId::none;  // none: nobody is told
    std::uint64_t round = 0;
    MonoNs deadline_ns = 0;
    MonoNs again_ns = 0;  // it is not proposed before
  };

  void send(NodeId to, const RecoveryMessage& message);
  void on_ask(NodeId from, const RecoveryMessage& message);
  void on_held(NodeId from, const RecoveryMessage& message);
  void on_begin(NodeId from, const RecoveryMessage& message);
  void on_confirm(NodeId from, const RecoveryMessage& message);
  void ask(NodeId node, std::uint64_t number, Round& round);
  void choose(std::uint64_t round);
  static std::vector<NodeId> missing_of(const RecoveryFacts& facts, const kv::Members& members);
  std::optional<std::string> refusal_of_silence(const RecoveryMessage& begin, const HeldReplica& held) const;
  void finish(std::uint64_t round, AnswerCode code, const std::string& text);
  void give_up(std::uint64_t round);
  bool have_confirmed(std::uint64_t round);
  void confirm_what_is_lost();
  void tell_ended(const Ending& ending, bool is_done, const std::string& text);
  void tell_ended(NodeId asker, std::uint64_t round, const RangeId& range, bool is_done,
                  const std::string& text);
  Replica* usable(const RangeId& range) const;
  std::optional<HeldReplica> held_here(std::uint64_t number) const;
  bool waits_for_neighbour(const kv::Range& range) const;
  // True: it is over.
  bool step(const RangeId& range, Ending& ending);
  bool go_on(Replica& replica, Ending& ending);
  bool keep_tail(const Replica& replica, Ending& ending);
  // True: it is over.
  bool step(const RangeId& range, Confirmation& confirmation);
  std::string loss(const Ending& ending, const kv::LogPoint& end) const;
  void want_members();

  const NodeId self_;
  Replicas& replicas_;
  const Ranges& ranges_;
  PeerPort& peers_;
  const Ended ended_;
  const Journal& journal_;
  const Report report_;
  const Keep keep_;
  std::map<std::uint64_t, Round> rounds_;
  std::map<RangeId, Ending> endings_;
  std::map<RangeId, Confirmation> confirmations_;
  std::map<RangeId, kv::Members> wanted_;  // once the range is led here
  PutOff put_off_;
  PastReplicas past_;
  std::set<NodeId> up_;
  std::set<NodeId> removed_;
  MonoNs looked_ns_ = 0;  // for what is to be confirmed
  // When a node that had not decided asked last what this one holds, by the range's number.
  std::map<std::uint64_t, MonoNs> doubted_ns_;
  MonoNs now_ns_ = 0;
  UnixMs unix_ms_ = 0;
};

}  // namespace tenon::store
