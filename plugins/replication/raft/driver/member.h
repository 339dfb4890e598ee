#pragma once

#include <tenon/draft/replication.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "algorithm/group.h"
#include "driver/journal_reader.h"
#include "driver/member_context.h"
#include "driver/membership_change.h"
#include "driver/opening.h"
#include "driver/turn_output.h"
#include "driver/writes_under_way.h"

namespace tenon::raft {

// Ends members, at once or when nothing of theirs is on the stack any more.
class MemberOwner {
 public:
  virtual void close(Member& member) = 0;

 protected:
  ~MemberOwner() = default;
};

// This node's member of one group: carries out what the algorithm asks for, and brings it what the host
// reports.
//
// Inputs change the algorithm's state only and put the member on the schedule; a turn then does collect(),
// and after the output of all members was flushed, finish(), which is the only place that calls the host.
class Member {
 public:
  // Throws a Failure with TENON_E_INVALID when what is given does not fit the journal.
  Member(MemberContext& context, MemberOwner& owner, const tenon_replication_open& node,
         const tenon_group_open& open);
  ~Member();
  Member(const Member&) = delete;
  Member& operator=(const Member&) = delete;

  // ---- Calls of the host, with the contracts of tenon_replication

  void close() { owner_.close(*this); }
  tenon_status propose(tenon_bytes data, tenon_log_point* ret_at);
  tenon_status read_index(std::uint64_t context);
  tenon_status change(const tenon_membership& target);
  tenon_status transfer(std::uint64_t to);
  void campaign();
  void snapshot_sent(std::uint64_t to, tenon_status status, std::uint64_t index);
  tenon_status snapshot_installed(tenon_log_point at, const tenon_membership& membership);
  tenon_status status(tenon_group_status* ret_status);
  tenon_status conclude(tenon_log_point* ret_end);

  // ---- Inputs

  void step(Message message);
  void tick();
  void persisted(const WritePart& part);
  void peer_state(NodeId peer, Liveness liveness);

  // ---- A turn

  // Adds what is to be written and sent; the part that has to be reported as durable.
  WritePart collect(TurnOutput& out);
  // Applies and tells the host. The member may be closed when it returns.
  void finish();
  // It takes part in nothing any more; finish() tells the host.
  void fail(std::string_view reason);

  tenon_group_id id() const { return id_; }
  Schedule::Place& place() { return place_; }
  void mark_closed() { closed_ = true; }

 private:
  struct Installing {
    SnapshotMeta meta;
    bool written = false;
  };

  // Runs `call`, which changes the algorithm's state.
  template <class Call>
  void input(Call&& call);
  void settle();
  void take_cut();
  bool sound() const { return failure_.empty() && group_.poisoned().empty(); }

  void take_ready(TurnOutput& out, WritePart& part);
  Ready next_ready();
  void advance_change();
  void take_messages(std::vector<Message> messages, TurnOutput& out);
  void write_first(TurnOutput& out, WritePart& part);
  void write_install(TurnOutput& out, WritePart& part);
  std::string hard_state_bytes(const HardState& hard) const;

  void tell_role();
  tenon_role role_as(const SoftState& soft) const;
  void log_role(const tenon_role& role);
  void apply();
  void answer_reads();
  void ask_for_snapshots();
  void tell_poison();

  MemberContext& context_;
  MemberOwner& owner_;
  const tenon_group_id id_;
  void* const user_;
  Schedule::Place place_;
  bool closed_ = false;

  JournalReader reader_;
  Opening opening_;
  Group group_;
  MembershipChange change_;
  std::optional<Installing> installing_;
  std::uint64_t offered_epoch_ = 0;  // of the latest configuration that came with an offer of a snapshot

  std::vector<Entry> to_apply_;
  std::vector<ReadResult> reads_;
  std::vector<NodeId> snapshots_wanted_;   // to be asked for
  std::vector<NodeId> snapshots_sending_;  // asked for
  SoftState soft_;                         // as the algorithm handed it out last
  tenon_role told_role_{};
  Index ready_index_ = 0;
  std::string failure_;  // the driver's own reason of poison
  bool told_poison_ = false;
  std::vector<tenon_group_peer> status_peers_;
};

template <class Call>
void Member::input(Call&& call) {
  if (!sound()) return;
  try {
    call();
  } catch (const LogCut&) {
    take_cut();  // what came in is as good as lost, and comes again
  }
  if (change_.pending()) context_.schedule.touch(*this);  // what came in may let it go on
  settle();
}

}  // namespace tenon::raft
