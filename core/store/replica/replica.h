#pragma once

#include <tenon/draft/replication.h>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "kv/load_window.h"
#include "kv/range.h"
#include "store/disk/engine.h"
#include "store/member_versions.h"
#include "store/node_starts.h"
#include "store/orders/order_slot.h"
#include "store/replica/append_pipeline.h"
#include "store/replica/replica_ports.h"
#include "store/snapshot/incoming.h"
#include "store/snapshot/outgoing.h"

namespace tenon::store {

// A replication plugin's instance, for calls of its table.
struct Replication {
  const tenon_replication* table = nullptr;
  tenon_plugin* instance = nullptr;
  const host::PluginTag* tag = nullptr;
};

// How far back the load of a range is looked at.
constexpr std::int64_t load_window_ns = 64 * ns_per_s;

// How much of a log stays when it is cut.
struct LogKeeping {
  // Always: for members that were away for a moment. One that was away longer is sent the state.
  std::uint64_t entries = 4096;
  // At the leader, for members that are there and lag.
  std::uint64_t entries_for_live_max = 256 * 1024;
  // Of a provisional range: what it gives up, if it is over, is written down from its beginning.
  std::uint64_t entries_of_provisional_max = 1024 * 1024;
};

// The record of a replica that was opened empty: a leader has to send it the state.
inline bool needs_state(const kv::RangeRecord& record) {
  const kv::Members& members = record.descriptor.members;
  return record.applied.index == 0 && members.voters.empty() && members.outgoing.empty();
}

// This node's member of one group: collects commands into entries, proposes them while it leads, applies what
// is committed, and tells everybody who waits. Pure but for the plugin and the engine. One thread.
class Replica final : OrderPorts {
 public:
  // `engine` holds what `record` says. `outgoing` is told which members need the state. The replica puts
  // itself into `awake` when something has happened to it; see is_awake(). `versions` grows meanwhile.
  // With `ack_all`, commands are answered when each voter that is linked has them on its disk.
  Replica(NodeId self, const Replication& plugin, ReplicaPorts& ports, OutgoingSnapshots& outgoing,
          const MemberVersions& versions, std::set<RangeId>& awake, Engine& engine,
          const kv::RangeRecord& record, std::unique_ptr<kv::Machine> machine, kv::MergePort& merge_port,
          bool ack_all);
  Replica(const Replica&) = delete;
  Replica& operator=(const Replica&) = delete;

  // Brings the machine up and joins the group. The failure names the range.
  Status open(tenon_replicator* replicator, std::string_view hard_state);
  void close();
  // The same for one that never comes back: whoever waits is told.
  void leave();
  // It is part of another range now, and takes part in nothing; to be removed.
  void retire();

  // Something is wanted of the range; answered through the ports, now or later.
  void request(Request::Kind kind, const kv::Command& command, const ReplyTo& to, UnixMs now_ms);
  // At the leader, about each second: commands that have become due. None while it is held, or what waited
  // before can't be proposed: the same ones are due still.
  void propose_due(UnixMs now_ms);
  // The same for senders that can never send again: their rows go, by commands. Looks at the rows only when
  // `starts` or the lead have changed since. REQUIRES: the same `starts` each time.
  void forget_sources(const NodeStarts& starts, UnixMs now_ms);
  // About each second, asleep or awake.
  void pass_time(MonoNs now_ns, UnixMs now_ms) {
    now_ns_ = now_ns;
    now_ms_ = now_ms;
  }
  // Goes on with an order that was given to it. Part of each tick.
  void step_order(MonoNs now_ns, UnixMs now_ms);
  // Until caught_up() was told: asks how far it has to come. Part of each tick.
  void catch_up(MonoNs now_ns);
  // Nodes may have acknowledged what this one has not heard of, while it had no link to them: it has to catch
  // up anew.
  void renew_contact();
  // Whether this node and those that it is linked to could elect a leader.
  bool sees_majority() const;
  // Proposes what was collected. Part of a turn, before the plugin's.
  void propose(UnixMs now_ms);
  // Answers questions and commands whose time has come. Part of a turn, behind the plugin's.
  void answer_reads(UnixMs now_ms);
  void answer_held();

  // What the plugin calls.
  tenon_status apply(std::span<const tenon_committed> entries);
  void read_ready(std::uint64_t context, tenon_status status, std::uint64_t index);
  void role_changed(const tenon_role& role);
  void snapshot_wanted(NodeId to) { outgoing_.wanted(id(), to); }
  void poisoned(std::string_view why);

  // Too much of it waits for the engine: while it is held it takes no commands and applies nothing.
  void hold(bool on) { held_ = on; }
  // Writes everything that was applied into the engine. Not durable before the engine's next sync.
  Status flush();
  // The engine was synced behind the last flush(): lets the journal forget what is durable there, but for
  // what `keep` says, and what members need that are being sent the state.
  void synced(const LogKeeping& keep);

  // As tenon_replication. `target` has no `outgoing`.
  tenon_status change(const kv::Members& target);
  tenon_status transfer(NodeId to) override;
  void want_members(std::optional<kv::Members> target) override { wanted_members_ = std::move(target); }
  // While it leads.
  const std::optional<kv::Members>& wanted_members() const override { return wanted_members_; }
  void want_merge(std::optional<MergeWish> wish) override { wanted_merge_ = std::move(wish); }
  // While it leads.
  const std::optional<MergeWish>& wanted_merge() const override { return wanted_merge_; }
  // What a member holds of the range that is to be absorbed.
  void merge_ready(NodeId node, bool is_frozen, kv::RangeRecord&& record);
  // These commit a command, if the replica leads and nothing stands in the way; nobody is told.
  bool freeze(const kv::FreezeCommand& freeze);
  void thaw(const kv::Frozen& frozen);
  void call_off(const kv::CallOffCommand& call_off);
  void confirm(const kv::ConfirmCommand& confirm);
  void outlive(const kv::OutliveCommand& outlive);
  // Since it was frozen, the engine was synced behind a flush: Replicas::make_durable.
  bool is_frozen_durably() const { return is_frozen_durably_; }
  void set_frozen_durably() { is_frozen_durably_ = range_.is_frozen(); }
  void snapshot_sent(NodeId to, tenon_status status, std::uint64_t index);
  // The engine has staged the state of `record`: tells the group, and begins to put it in the place of this
  // one; install_step() does the work. Until it is done, nothing is applied, answered or flushed.
  // `absorbed`: replicas of this node that are part of the range by then.
  // An error is the engine's, which took nothing: all is as before, and the same state may come again.
  Result<Installed> install(const kv::RangeRecord& record,
                            std::span<const kv::EngineBatch::Absorbed> absorbed);
  // Errors are the engine's: the same step is to be tried again. REQUIRES: installing().
  Status install_step();
  // Unsafe: as tenon_replication. From then on nothing is written into the engine before go_on_as(). May be
  // repeated.
  tenon_status conclude();
  // It was ended, and all of its log is applied.
  bool is_at_end() const { return end_ && !failed_ && range_.applied().index >= end_->at.index; }
  // Its state is that of another incarnation of the range, whose record comes back, from now on: the engine
  // knows only that one, for good. This replica is to be removed then. After an error the same may be tried
  // again. REQUIRES: is_at_end().
  Result<kv::RangeRecord> go_on_as(const kv::Recovery& recovery);
  // What it is by then to the engine. REQUIRES: conclude() was TENON_OK.
  kv::EngineBatch::Absorbed as_former(const kv::Recovery& recovery) const;
  bool installing() const { return install_.has_value(); }
  // What the state holds, or will hold when it is installed.
  std::uint64_t held_index() const {
    return install_ ? install_->record().applied.index : range_.applied().index;
  }

  const RangeId& id() const { return range_.id(); }
  const kv::Range& range() const override { return range_; }
  Engine& engine() const { return engine_; }
  bool leads() const override { return role_ == TENON_ROLE_LEADER && !install_; }
  NodeId leader() const override { return leader_; }
  bool is_there(NodeId node) const override { return node == self_ || outgoing_.is_up(node); }
  // As tenon_replication; false: it takes part no more.
  bool status(tenon_group_status& ret_status) const;
  const OrderSlot& orders() const { return orders_; }
  // What was asked of it while it led, in the last minute or so.
  const kv::LoadWindow& load() const override { return load_; }
  kv::LoadWindow::Load load_now() const { return load_.load(now_ns_); }
  // Of a leader: what is committed before its term is applied from here on.
  std::uint64_t ready_index() const { return ready_index_; }
  // It was opened empty, and has got no state yet.
  bool is_blank() const { return needs_state(range_.record()); }
  bool failed() const { return failed_; }
  // Something waits to be proposed or answered.
  bool has_work() const {
    return !building_.empty() || !entries_.empty() || !reads_.empty() || !held_answers_.empty();
  }
  // Of commands that wait to be proposed.
  std::size_t waiting_bytes() const { return entry_bytes_ + building_.size_bytes(); }
  // Ranges that were split off, whose records are in the engine by now: each is handed out once, to be
  // opened.
  std::vector<kv::RangeRecord> take_children();
  // Some of these, or of those that are not in the engine yet.
  bool has_children() const { return !children_.empty(); }
  // Ranges that it has absorbed, whose records the engine has given up by now: each is handed out once, to be
  // deleted. REQUIRES: the engine was synced behind the last flush.
  std::vector<kv::EngineBatch::Absorbed> take_absorbed();
  // Some of these, or of those that the engine knows still.
  bool has_absorbed() const { return !absorbed_.empty(); }
  // As tenon_replication.
  void campaign();
  // Ticks and turns have something to do with it. One that is not costs nothing until it wakes again.
  bool is_awake() const;
  bool dirty() const { return !install_ && !end_ && range_.flushed() != range_.applied(); }

 private:
  // OrderPorts
  void command(const kv::Command& command) override;
  bool members_know(kv::Command::Kind kind) const override;

  // Who waits for a command of an entry.
  struct Waiter {
    ReplyTo to;
    kv::SourceId source = kv::SourceId::none;
    std::uint64_t sequence = 0;
  };
  struct Entry {
    std::string payload;
    std::vector<Waiter> waiters;
  };
  // Of a command that a majority has, and that not every voter is known to have.
  struct HeldAnswer {
    std::uint64_t index = 0;
    Waiter waiter;
    Answer answer;
  };
  struct Proposed {
    kv::LogPoint at;
    std::vector<Waiter> waiters;
  };
  // What it takes to have all that was acknowledged before it was opened, or contact was renewed.
  struct CatchUp {
    bool done = false;
    std::uint64_t context = 0;  // of the newest question
    MonoNs asked_ns = 0;
    std::uint64_t index = 0;  // to be applied; 0: not known yet
  };
  struct Read {
    std::string question;
    ReplyTo to;
    std::string key;                           // of the question; empty: it has none
    kv::SourceId source = kv::SourceId::none;  // not a question to the machine, but one of this sender
    bool of_state = false;                     // nor this one, but for all of the state
    std::uint64_t index = 0;                   // answered once this is applied; 0: not known yet
  };

  bool is_under_way(const kv::Command& command, const ReplyTo& to);
  bool all_know(const kv::Command& command) const;
  void add_known(const kv::Command& command, const ReplyTo& to, UnixMs now_ms);
  void add(const kv::Command& command, const ReplyTo& to, UnixMs now_ms);
  void close_entry(UnixMs now_ms);
  tenon_status propose(std::string_view payload, tenon_log_point& ret_at);
  void catch_up_with_time(UnixMs now_ms);
  void answer(const ReplyTo& to, Answer&& answer);
  void answer(const Waiter& waiter, Answer&& answer);
  void acknowledge(const Waiter& waiter, std::uint64_t index, Answer&& answer);
  std::uint64_t held_by_all() const;
  void answer_all(std::vector<Waiter>& waiters, AnswerCode code);
  void answer_question(const Read& read, UnixMs now_ms);
  tenon_status read_index(std::uint64_t context);
  Read read_of(Request::Kind kind, const kv::Command& command, const ReplyTo& to) const;
  void begin_read(Read&& read);
  void answer_source(const Read& read);
  void propose_alone(kv::Command::Kind kind, const std::string& text);
  void take_merges(const kv::LogPoint& at, std::vector<kv::EngineBatch::Absorbed>&& absorbed);
  void take_split(const kv::LogPoint& at, std::vector<kv::RangeRecord>&& children);
  void catch_up_to(tenon_status status, std::uint64_t index);
  void tell_if_caught_up();
  void wait_for_entry(std::string_view index_text, const ReplyTo& to);
  void tell_who_waits_for_entries();
  Answer refusal(AnswerCode code) const { return {code, leader_, {}, 0, {}}; }
  Answer wrong_range() const;
  void resolve(const kv::LogPoint& at, std::vector<kv::CommandResult>* results);
  void wake() { awake_.insert(id()); }
  void give_up_waiting();
  void propose_all(UnixMs now_ms);
  std::uint64_t needed_by_others(const LogKeeping& keep) const;
  Status flush_batch();
  std::vector<tenon_write> writes_of(const kv::EngineBatch& batch) const;
  void fail(const std::string& why);
  void stop_serving();
  tenon_status tell_installed(const kv::RangeRecord& record);

  const NodeId self_;
  const Replication& plugin_;
  ReplicaPorts& ports_;
  OutgoingSnapshots& outgoing_;
  const MemberVersions& versions_;
  std::set<RangeId>& awake_;
  Engine& engine_;
  const EngineView state_;
  const EngineView sources_;
  kv::Range range_;
  tenon_group* group_ = nullptr;

  std::uint32_t role_ = TENON_ROLE_FOLLOWER;
  NodeId leader_ = NodeId::none;
  std::optional<kv::Members> wanted_members_;
  std::optional<MergeWish> wanted_merge_;
  bool freeze_pending_ = false;  // proposed, and neither applied nor given up
  bool is_frozen_durably_ = false;
  std::uint64_t ready_index_ = 0;  // a leader reads nothing before it has applied this
  bool failed_ = false;
  std::uint64_t starts_seen_ = 0;  // NodeStarts::version() that forget_sources() is done with; 0: none
  OrderSlot orders_;
  bool held_ = false;
  // Not older than a second or so.
  MonoNs now_ns_ = 0;
  UnixMs now_ms_ = 0;
  kv::LoadWindow load_;

  kv::EntryBuilder building_;
  std::vector<Waiter> building_waiters_;
  std::deque<Entry> entries_;  // closed, to be proposed
  std::size_t entry_bytes_ = 0;
  bool is_stuck_ = false;  // the last propose() has left some of it
  std::deque<Proposed> proposed_;
  const bool ack_all_;
  std::deque<HeldAnswer> held_answers_;  // by index
  AppendPipeline appends_;
  std::map<std::uint64_t, Read> reads_;  // by context
  std::uint64_t next_context_ = 1;
  CatchUp catch_up_;
  std::multimap<std::uint64_t, ReplyTo> waiting_for_entry_;  // by index
  std::optional<kv::EngineBatch> flushing_;                  // not yet taken by the engine
  struct Child {
    std::uint64_t index = 0;  // of the entry that split it off
    kv::RangeRecord record;
  };
  std::vector<Child> children_;
  struct Gone {
    std::uint64_t index = 0;  // of the entry that absorbed it
    kv::EngineBatch::Absorbed range;
  };
  std::vector<Gone> absorbed_;
  std::deque<kv::LogPoint> durable_;      // in the engine, at its last syncs; ascending
  std::optional<StagedInstall> install_;  // under way
  // Of the group: see conclude().
  struct Ending {
    kv::LogPoint at;
    std::uint32_t members_epoch = 0;      // that it knew to be committed
    std::optional<kv::RangeRecord> next;  // of the incarnation that it goes on as
  };
  std::optional<Ending> end_;
};

}  // namespace tenon::store
