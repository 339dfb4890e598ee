#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <tenon/draft/replication.h>

#include "kv/descriptor.h"
#include "kv/machine.h"
#include "store/recovery/given_up.h"
#include "store/request.h"

namespace tenon::sim {

// A command of an entry, as a machine has applied it. The views live for the call.
struct AppliedCommand {
  std::uint32_t node = 0;
  kv::RangeId range;
  kv::StoreId store = kv::StoreId::inbox;
  std::uint64_t index = 0;
  std::uint32_t ordinal = 0;  // within the entry, from 0
  UnixMs now_ms = 0;          // the entry's stamp
  bool was_ok = true;         // the machine made sense of it
  std::string_view text;
  std::string_view reply;
  std::span<const kv::Notice> notices;
  std::uint64_t digest = 0;  // of the command and of what came of it
};

// What a checker may look at inside of the nodes. Called as it happens.
class NodeObserver {
 public:
  // The replication plugin says that the node leads the group in this term.
  virtual void on_leads(std::uint32_t /*node*/, const kv::RangeId& /*range*/, std::uint64_t /*term*/) {}
  // It has applied an entry; `digest` is of its type and content.
  virtual void on_committed(std::uint32_t /*node*/, const kv::RangeId& /*range*/, const kv::LogPoint& /*at*/,
                            std::uint64_t /*digest*/) {}
  virtual void on_applied(const AppliedCommand& /*command*/) {}
  // A life begins; what its journal holds follows, group by group.
  virtual void on_birth(std::uint32_t /*node*/) {}
  struct FoundLog {
    kv::RangeId range;
    kv::LogPoint base;
    std::span<const tenon_log_entry> entries;
    std::string_view hard_state;
  };
  virtual void on_log_found(std::uint32_t /*node*/, const FoundLog& /*log*/) {}
  // The node is a member of the group, which consists of `membership` as of the entry `applied`.
  virtual void on_joined(std::uint32_t /*node*/, const kv::RangeId& /*range*/,
                         const kv::LogPoint& /*applied*/, const tenon_membership& /*membership*/) {}
  // The replication plugin asks for writes of its logs; later they are durable, in the same order, if the
  // node lives.
  virtual void on_log_write(std::uint32_t /*node*/, std::span<const tenon_log_write> /*writes*/) {}
  virtual void on_log_durable(std::uint32_t /*node*/, std::span<const tenon_log_write> /*writes*/) {}
  // It hands over a message for another node.
  virtual void on_sent(std::uint32_t /*node*/, const tenon_peer_message& /*message*/) {}
  // One of another node is handed to it.
  virtual void on_received(std::uint32_t /*node*/, const tenon_peer_message& /*message*/) {}
  // It is told that its node has lost the link to another one, by its id, or has it again.
  virtual void on_peer_state(std::uint32_t /*node*/, std::uint64_t /*other*/, bool /*is_up*/) {}
  // The group has ended for this member, whose whole log up to `end` is applied to what is no replica of the
  // group any more: none of that is told, nor is the status of the group.
  virtual void on_concluded(std::uint32_t /*node*/, const kv::RangeId& /*range*/,
                            const kv::LogPoint& /*end*/) {}
  // What people are told of a range that goes on as this one, or of what is given up because of that.
  virtual void on_recovery_report(std::uint32_t /*node*/, const kv::RangeId& /*range*/,
                                  std::string_view /*text*/) {}
  // What a replica held that is given up, before it is deleted.
  virtual void on_given_up(std::uint32_t /*node*/, const store::GivenUp& /*given_up*/) {}
  // It was given an entry to apply that is not the next one of this life.
  virtual void on_misapplied(std::uint32_t /*node*/, const kv::RangeId& /*range*/, std::uint64_t /*index*/,
                             std::uint64_t /*expected*/) {}
  // What it says of a group in which something has happened; behind a turn.
  virtual void on_status(std::uint32_t /*node*/, const kv::RangeId& /*range*/,
                         const tenon_group_status& /*status*/) {}
  // A point is asked for from which reads are current, and given.
  virtual void on_read_asked(std::uint32_t /*node*/, const kv::RangeId& /*range*/,
                             std::uint64_t /*context*/) {}
  virtual void on_read_ready(std::uint32_t /*node*/, const kv::RangeId& /*range*/, std::uint64_t /*context*/,
                             std::uint64_t /*index*/) {}
  // A replica takes part no more.
  virtual void on_replica_failed(std::uint32_t /*node*/, const kv::RangeId& /*range*/,
                                 std::string_view /*why*/) {}
  // A replica that ran is none any more: it is deleted, or another one takes its place.
  virtual void on_replica_closed(std::uint32_t /*node*/, const kv::RangeId& /*range*/) {}
  // The node could not come up although its disk was honest.
  virtual void on_start_failed(std::uint32_t /*node*/, std::string_view /*why*/) {}
  // A node begins a life.
  virtual void on_started(std::uint32_t /*node*/) {}
  // The node's replica has applied all that had been acknowledged when this life began, or when it fell
  // behind.
  virtual void on_caught_up(std::uint32_t /*node*/, const kv::RangeId& /*range*/) {}
  // It says that it may lack what was acknowledged before now: until on_caught_up() nothing is matched with
  // it.
  virtual void on_fell_behind(std::uint32_t /*node*/, const kv::RangeId& /*range*/) {}
  // Nothing is matched at the node from the link to the other one on until this.
  virtual void on_contact_settled(std::uint32_t /*node*/, std::uint64_t /*other*/) {}
  // What was asked at the node has its answer, given there or by another one.
  virtual void on_answered(std::uint32_t /*node*/, const store::Request& /*request*/,
                           const store::Answer& /*answer*/) {}
  // A machine's notice has reached the node.
  virtual void on_notice(std::uint32_t /*node*/, std::string_view /*text*/) {}

 protected:
  ~NodeObserver() = default;
};

}  // namespace tenon::sim
