#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "algorithm/group.h"
#include "algorithm/parts/configuration_history.h"
#include "algorithm/parts/log.h"
#include "algorithm/parts/outbox.h"
#include "algorithm/parts/progress.h"
#include "algorithm/parts/quorum.h"
#include "algorithm/parts/random.h"
#include "algorithm/parts/read_queue.h"

namespace tenon::raft {

// What is behind Group: the state of one replica and all rules of Raft. One source for each concern:
//
//   core.cc         start, messages to their handlers, ticks, roles, Ready
//   election.cc     campaigns and votes
//   replication.cc  a follower's log and a leader's sending and committing
//   membership.cc   configurations and their changes, leadership transfer, a group's end
//   snapshot.cc     offering and installing
//   reads.cc        read index and leases
//   quiescence.cc   falling asleep and waking
//
// Any function may throw Broken (invariant.h); the object is then of no use any more. The public part has the
// contracts of Group, except that nothing here is called once it is broken.
class Core {
 public:
  Core(const Options& options, const Start& start, const LogReader& log);

  StepStatus step(Message& message);
  void tick();
  ProposeResult propose(std::span<const Payload> payloads);
  ProposeResult propose_change(const Configuration& target);
  TransferStatus transfer_leader(NodeId to);
  void read_index(std::uint64_t context);
  void campaign();
  std::optional<Index> conclude();

  void persisted(WriteNumber write);
  void applied(Index index);
  bool begin_install(const SnapshotMeta& meta);
  void snapshot_installed(const SnapshotMeta& installed);
  void snapshot_failed();
  void snapshot_send_failed(NodeId peer);
  void compacted();
  void unreachable(NodeId peer);
  void peer_liveness(NodeId peer, Liveness liveness);
  void wake();

  bool has_ready() const;
  Ready ready();

  SnapshotMeta meta_at(Index index) const;
  bool caught_up(NodeId node) const;
  Status status() const;
  std::size_t memory_bytes() const;

  SoftState soft_state() const { return {role_, leader_, hard_.term, quiesced_}; }
  const Log& log() const { return log_; }
  const Configuration& configuration() const { return configurations_.latest(); }

 private:
  // ---- core.cc
  void load_configurations(const LogReader& log);
  bool accept_term(Message& message);
  void answer_earlier_term(const Message& message);
  void dispatch(Message& message);
  void dispatch_to_leader(Message& message);
  void become_follower(Term term, NodeId leader);
  void reset(Term term);
  void follow(NodeId leader);
  void tick_leader();
  void tick_follower();
  void check_quorum();
  bool has_unwritten() const { return !(hard_written() && log_.all_written()); }
  bool hard_written() const;
  bool all_durable() const { return !has_unwritten() && outbox_.all_durable(); }
  void fill_write(Ready& ready);
  Message make(MessageType type, NodeId to) const;
  void send(Message message) { outbox_.send(std::move(message)); }
  // What says something about this replica's state leaves once that is durable.
  void send_durable(Message message) { outbox_.send_durable(std::move(message)); }
  Progress* peer(NodeId node);
  const Progress* peer(NodeId node) const;

  // ---- election.cc
  void start_campaign(bool on_behest);
  void become_pre_candidate();
  void become_candidate(bool force);
  void become_leader();
  void request_votes(MessageType type, bool force);
  void handle_vote_request(const Message& message);
  void handle_vote_response(const Message& message);
  void count_vote(NodeId voter, Vote vote);
  void resume_after_write();
  bool promotable() const;
  bool may_vote_now(const Message& request);
  bool hears_a_leader() const;

  // ---- replication.cc
  void handle_append(Message& message);
  void refuse_without_state(const Message& append);
  void append_matching(Message& message);
  bool skip_committed(Message& message) const;
  void acknowledge(NodeId to, Index index);
  void handle_heartbeat(const Message& message);
  void handle_append_response(Progress& progress, const Message& message);
  void handle_heartbeat_response(Progress& progress, const Message& message);
  void append_own(std::vector<Entry> entries);
  void append_to_log(const std::vector<Entry>& entries);
  Entry own_entry(EntryKind kind, Payload payload) const;
  void maybe_commit();
  void leader_committed(Index before);
  bool committed_in_term() const;
  void replicate_to_all();
  void replicate_to(Progress& progress);
  bool send_append(Progress& progress, bool even_empty);
  void broadcast_heartbeats();

  // ---- membership.cc
  void configuration_changed();
  ProposeStatus check_change(const Configuration& target) const;
  ProposeResult append_configuration(Configuration configuration);
  void maybe_leave_joint();
  void step_down_if_removed();
  bool configuration_committed() const;
  std::uint32_t ticks_behind(NodeId gone);
  void maybe_send_timeout_now(const Progress& progress);
  bool lags(const Progress& progress) const;
  void leave_slow_disk();
  void handle_timeout_now(const Message& message);

  // ---- snapshot.cc
  void offer_snapshot(Progress& progress);
  void handle_snapshot(Message& message);

  // ---- reads.cc
  void handle_read_index(const Message& message);
  void handle_read_index_response(const Message& message);
  void flush_reads();
  void release_waiting_reads();
  void confirm_rounds();
  void answer(const LeaderReads::Batch& batch);
  void drop_reads();
  void drop(const std::vector<std::uint64_t>& contexts);
  bool lease_holds() const;

  // ---- quiescence.cc
  bool can_quiesce() const;
  void maybe_quiesce();
  void send_to_sleep();
  bool follow_to_sleep(const Message& message);
  bool is_echo(const Message& message) const;
  void awake();
  void forget_leader();

  const Options options_;
  Random random_;
  Log log_;
  ConfigurationHistory configurations_;

  // Persistent state and what of it was handed out for writing.
  HardState hard_;
  HardState written_hard_;

  Role role_ = Role::follower;
  NodeId leader_ = NodeId::none;
  bool is_leader_gone_ = false;  // its node is down, as peer_liveness() says; a lease is waited for
  SoftState shown_soft_;

  // Time. `now_` counts ticks; the others count from some event.
  std::uint64_t now_ = 0;
  std::uint32_t election_elapsed_ = 0;
  std::uint32_t heartbeat_elapsed_ = 0;
  std::uint32_t election_timeout_ = 0;  // randomised
  std::uint32_t idle_ticks_ = 0;
  bool quiesced_ = false;

  // Elections.
  struct Ballot {
    NodeId voter;
    Vote vote;
  };
  std::vector<Ballot> ballots_;
  bool campaign_when_durable_ = false;  // asked for by a leader that hands over
  std::optional<Message> deferred_vote_;

  // Leader.
  std::vector<Progress> peers_;  // every member, sorted by node; this node too
  bool replicate_ = false;       // somebody may be sent something
  Inflights uncommitted_;        // own proposals
  NodeId transferee_ = NodeId::none;
  std::uint32_t transfer_ticks_ = 0;
  bool is_disk_slow_ = false;  // not shown yet

  // Reads.
  LeaderReads leader_reads_;
  std::vector<Reader> waiting_reads_;  // for the first commit of the term
  ForwardedReads forwarded_reads_;
  std::uint64_t round_ = 0;  // of heartbeats
  struct RoundTime {
    std::uint64_t round;
    std::uint64_t tick;
  };
  std::vector<RoundTime> round_times_;  // of rounds not confirmed; kept for leases only
  std::uint64_t lease_until_ = 0;
  bool lease_allowed_ = true;  // false once somebody may campaign on this leader's behest
  std::vector<ReadResult> read_results_;

  // Snapshot to be installed here.
  std::optional<Install> installing_;
  bool install_shown_ = false;
  bool needs_state_ = false;
  bool concluded_ = false;

  // Writes under way, oldest first, with the end of the log at that time.
  struct Write {
    WriteNumber number;
    Index last;
    Term last_term;
  };
  std::vector<Write> writes_;
  Outbox outbox_;
};

}  // namespace tenon::raft
