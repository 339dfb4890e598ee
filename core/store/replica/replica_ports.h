#pragma once

#include <tenon/draft/replication.h>

#include <cstdint>
#include <span>
#include <string>

#include "base/clock.h"
#include "kv/machine.h"
#include "kv/range.h"
#include "store/request.h"

namespace tenon::store {

class Engine;

// Who gets an answer: one who asked through this node's own client, or another node.
struct ReplyTo {
  NodeId node = NodeId::none;  // none: this one
  std::uint64_t id = 0;        // of the question, counted by whoever asked; 0: nobody waits
};

// What replicas ask of their node. Called from inside Replicas' own calls; none of them may call back.
class ReplicaPorts {
 public:
  // Queues writes for the journal, behind all earlier ones; Replicas::persisted(the result) follows when they
  // are durable. Copies what the writes point to. Results are consecutive, from 1.
  virtual std::uint64_t append(std::span<const tenon_log_write> writes) = 0;
  // The log of the group may be cut up to `base`.
  virtual void compact(const RangeId& range, const kv::LogPoint& base) = 0;
  // May be lost on the way.
  virtual void send(std::span<const tenon_peer_message> messages) = 0;
  // The same, of a state on its way: snapshot/messages.h.
  virtual void send_snapshot(NodeId to, std::string&& body) = 0;
  virtual void answer(const ReplyTo& to, Answer&& answer) = 0;
  // For a node; none means this one, which leads the range.
  virtual void notify(const kv::Notice& notice) = 0;
  // none: nobody is known to lead.
  virtual void leader_changed(const RangeId& range, NodeId leader) = 0;
  // What the range is has changed, as of what the replica has applied: its piece of the keys, or its members.
  virtual void range_changed(const RangeId&, const kv::Descriptor&) {}
  // What the journal held of the group when the node started; empty: nothing.
  virtual std::string hard_state(const RangeId&) { return {}; }
  // A range was split off one of this node's, and its replica is open; or it could not be opened.
  virtual void child_opened(const RangeId&, const kv::Descriptor&) {}
  // Somebody reads the range's state, which holds all that was acknowledged before: Exports answers.
  virtual void state_wanted(const RangeId&, const ReplyTo&, const std::string& /*question*/) {}
  // Another range has absorbed this one: its replica is about to be destroyed.
  virtual void range_closing(const RangeId&) {}
  // The same: its replica is no more, and `engine` says that what is left of it, which others do not hold
  // now, is to be deleted.
  virtual void range_absorbed(const kv::EngineBatch::Absorbed& /*range*/, Engine& /*engine*/) {}
  // The replica has applied all that had been acknowledged by its range when it was opened, or when
  // fell_behind() was told last. Once each.
  virtual void caught_up(const RangeId& range) = 0;
  // It may lack what was acknowledged before now, caught up or not: Replica::renew_contact().
  virtual void fell_behind(const RangeId&) {}
  // An engine could not be written or synced. Replicas go on: what is missing there is in the log.
  // Told again when the reason is another one; until engine_recovered() it is tried again from time to time.
  virtual void engine_failed(const std::string& engine, const std::string& why) = 0;
  // It has taken, and made durable, all that it had not before.
  virtual void engine_recovered(const std::string& engine) = 0;
  // The replica takes part in nothing any more.
  virtual void replica_failed(const RangeId& range, const std::string& why) = 0;

 protected:
  ~ReplicaPorts() = default;
};

}  // namespace tenon::store
