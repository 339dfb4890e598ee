#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "store/members/messages.h"
#include "store/members/row.h"
#include "store/members/state_drop.h"
#include "store/peer_port.h"
#include "store/replicas.h"

namespace tenon::store {

// What having replicas come and go asks of the node. None of them may call back.
class OwnReplicasPorts {
 public:
  // Null: this node stores nothing of it, or is in no cluster yet.
  virtual Engine* engine_of(StoreId store) = 0;
  // As ReplicaPorts.
  virtual std::uint64_t append(std::span<const tenon_log_write> writes) = 0;
  // Opens an empty replica, whose record `engine` holds.
  virtual Status open_replica(const kv::RangeRecord& record, Engine& engine) = 0;
  // The replica of the range is to be no more: it serves nobody, and what it had is deleted, now or later.
  // May come twice.
  virtual void replica_closed(const RangeId& range) = 0;
  // What people should know; the text says what and why.
  virtual void report(const RangeId& range, const std::string& what) = 0;

 protected:
  ~OwnReplicasPorts() = default;
};

// A node's half of who is a member: opens empty replicas at a leader's behest, deletes those of ranges that
// the node is no member of any more, and has those rebuilt that can't be used.
//
// What makes a late message harmless: a node becomes a member only at the epoch behind that at which it
// opened its empty replica (plan_members), so between the two it was none. A leader's word that it was no
// member at some epoch therefore concerns the present replica only when that epoch is a later one than that
// of its opening, and then it has been taken out since. Rows (MemberRow) keep the epochs over restarts. A
// replica that was lost answers nothing and votes for nothing until its node was taken out of the range and
// has begun anew.
//
// Pure over replicas, engines and links; one thread, outside of their calls.
class OwnReplicas {
 public:
  // Everything outlives it.
  OwnReplicas(NodeId self, Replicas& replicas, PeerPort& peers, OwnReplicasPorts& ports);

  // At the start, before any replica of the engine is opened: what its rows say. Deletions that a crash ended
  // go on.
  Status load(Engine& engine);
  // Whether the replica is being deleted, and must not be opened.
  bool is_dropping(const RangeId& range) const { return works_.contains(range); }
  // A replica that can't be opened, or has failed: asks its peers to have it rebuilt. Alone in its range, it
  // stays as it is. `record` is what the engine holds.
  void lost(const kv::RangeRecord& record);
  // Whether this node is the only one that votes there.
  bool votes_alone(const kv::Members& members) const;

  // Another range has absorbed this one, whose row the engine holds: what is left is deleted.
  void absorbed(const kv::EngineBatch::Absorbed& range, Engine& engine);
  // Its replica, of a range that is over, takes part in nothing from here on, and stays until
  // drop_absorbed(). REQUIRES: there is one.
  void retire(const RangeId& range);
  // The same as absorbed(), of one whose end this node was only told of: its replica goes, with the items
  // that no other replica here holds.
  void drop_absorbed(const RangeId& range);
  // The same in favour of a provisional range: it may outlive that, and be here again.
  void drop_for_now(const RangeId& range);
  // fn(record) for each one that is lost and of which the engine holds something.
  template <class Fn>
  void each_lost(Fn&& fn) const {
    for (const auto& [range, lost] : lost_)
      if (lost.record) fn(*lost.record);
  }
  // drop_absorbed() for those that are lost and are over.
  void drop_lost(const std::function<bool(const RangeId& range, const kv::Descriptor& descriptor)>& is_over);

  // REQUIRES: a message for this half.
  void on_message(NodeId from, const MemberMessage& message);
  // The range consists of these, as somebody says: this node may be one of them and have no replica.
  void on_hearsay(const RangeId& range, const kv::Descriptor& descriptor);
  void on_peer(NodeId node, bool up);
  void persisted(std::uint64_t sequence) { persisted_ = sequence; }
  void tick(MonoNs now_ns);
  // Does the next steps. True: there is more to do at once.
  bool turn();

  std::size_t lost_count() const { return lost_.size(); }
  bool is_lost(const RangeId& range) const { return lost_.contains(range); }

 private:
  // A replica that is being deleted.
  struct Work {
    MemberRow row;
    Engine* engine = nullptr;      // null: that of the store
    NodeId leader = NodeId::none;  // who wants a new one; none: nobody
    std::uint64_t sequence = 0;    // of the write that takes the log away; 0: not yet asked for
    std::optional<StateDrop> drop;
    bool is_stuck = false;  // the engine does not take it, and this was said
    bool done = false;
  };
  struct Lost {
    std::optional<kv::RangeRecord> record;  // empty: nothing is there
    kv::Descriptor descriptor;
    MonoNs since_ns = 0;
    MonoNs heard_ns = 0;
    MonoNs told_ns = 0;
  };

  void open(NodeId from, const MemberMessage& message);
  void gone(const MemberMessage& message);
  void settled(const MemberMessage& message);
  // The end of the epochs at which the node was certainly no member of the range.
  std::int64_t last_outside(const RangeId& range) const;
  bool is_provisional(const RangeId& range) const;
  bool has_returned(const MemberRow& row, const kv::Descriptor& descriptor) const;
  bool is_held_elsewhere(const RangeId& range, const kv::Descriptor& descriptor) const;
  bool overlaps(const RangeId& range, const kv::Descriptor& descriptor) const;
  void begin(const RangeId& range, MemberRow row, NodeId leader);
  Status keep(Engine& engine, const RangeId& range, const MemberRow& row);
  void take_log_away(const RangeId& range, Work& work);
  bool step(const RangeId& range, Work& work);
  void finish(const RangeId& range, Work& work);
  void try_later(const RangeId& range, Work& work, const Error& error);
  void tell_opened(NodeId to, const RangeId& range, const MemberRow& row);
  void tell_lost();
  void ask_about_membership();
  void send(NodeId to, const MemberMessage& message);

  const NodeId self_;
  Replicas& replicas_;
  PeerPort& peers_;
  OwnReplicasPorts& ports_;
  std::map<RangeId, MemberRow> rows_;
  std::map<RangeId, Work> works_;
  std::map<RangeId, Lost> lost_;
  std::map<RangeId, MonoNs> asked_;  // about membership
  std::set<NodeId> up_;
  std::uint64_t persisted_ = 0;
  MonoNs now_ns_ = 0;
  MonoNs looked_ns_ = 0;
  MonoNs retry_ns_ = 0;  // an engine did not take a step: not before
};

}  // namespace tenon::store
