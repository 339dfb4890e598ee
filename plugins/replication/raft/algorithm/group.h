#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "algorithm/configuration.h"
#include "algorithm/log_reader.h"
#include "algorithm/message.h"
#include "algorithm/options.h"
#include "algorithm/ready.h"
#include "algorithm/status.h"
#include "algorithm/types.h"

namespace tenon::raft {

class Core;

enum class StepStatus : std::uint8_t {
  taken,        // also when it changed nothing
  outdated,     // from an earlier incarnation, and dropped
  superseded,   // from a later incarnation, and dropped: this replica is to be replaced by an empty one of
                // that incarnation
  concluded,    // this replica is at its end: Group::conclude()
  misdirected,  // not to this node, or from nobody
  poisoned,
};

enum class ProposeStatus : std::uint8_t {
  accepted,       // in the leader's log; not yet committed, and may still be lost
  not_leader,     // ask `leader`, when it is known
  transferring,   // leadership is about to move; ask again shortly
  overloaded,     // too many bytes wait for their commit; ask again when some have
  pending,        // of a change: another one is under way, or no entry of this term has committed yet
  not_caught_up,  // of a change: a new voter must be a learner that has caught up
  no_change,      // of a change: that is the configuration in force
  invalid,
  poisoned,
};

struct ProposeResult {
  ProposeStatus status = ProposeStatus::not_leader;
  Index first = 0;  // with accepted: the entries are at first..last, and lost if another term is found there
  Index last = 0;
  Term term = 0;
  NodeId leader = NodeId::none;
};

enum class TransferStatus : std::uint8_t {
  started,  // SoftState tells when it has happened; given up after transfer_ticks_max
  not_leader,
  no_voter,  // the target is no voter, or is this node
  pending,   // another transfer is under way
  lagging,   // the target does not keep up, see Options::slow_disk_ticks
  poisoned,
};

enum class Liveness : std::uint8_t { up, down };

// Which state the replica has when it is made; see LogReader::base() for a founder and for an empty replica.
struct Start {
  HardState hard_state;
  Index applied = 0;  // durable in the state; base().index..last_index()
  // The state is none that the log could be applied to: the replica takes no entries before a snapshot was
  // installed. REQUIRES: the log is empty.
  bool needs_state = false;
};

// One replica of one Raft group: "In Search of an Understandable Consensus Algorithm" (paper) and "Consensus:
// Bridging Theory and Practice" (dissertation), with pre-vote, check-quorum, joint consensus, learners, read
// index, flow control and quiescence.
//
// Pure: calls in, Ready out. No clock, thread, socket, file or random source of its own. Not thread-safe; the
// calls of one group come from one thread. No call waits but for LogReader, and none throws but for
// std::bad_alloc.
//
// The owner's turn: any number of inputs, then, while has_ready(): do what ready() says.
//
// A broken invariant (of the replica, its log or what its owner reports) poisons the group: it takes no part
// any more, every input is ignored, ready() is empty, poisoned() says why. Its replica is to be rebuilt from
// its peers.
class Group {
 public:
  // Reads the log once from its base, for the configurations in it. `log` must outlive the group.
  // Options that why_invalid() or a start that contradicts the log make a poisoned group.
  Group(const Options& options, const Start& start, const LogReader& log);
  ~Group();
  Group(Group&&) noexcept;
  Group& operator=(Group&&) noexcept;

  // ---- Messages and time

  // Takes in a message of a peer. Whatever a peer can send is safe here; what can't be true poisons only when
  // it shows that committed entries differ.
  StepStatus step(Message message);

  // One tick has passed. A quiesced group needs none, and isn't harmed by one.
  void tick();

  // ---- Requests

  // Appends one entry for each payload, all or none. REQUIRES: payloads is not empty.
  ProposeResult propose(std::span<const Payload> payloads);

  // Moves the group to the given voters and learners; `epoch` of the target is ignored and `voters_outgoing`
  // must be empty. A new voter must be a learner that has caught up (caught_up()). When the voters change the
  // group goes through a joint configuration and leaves it by itself, under a new leader too. accepted: the
  // first entry is in the log.
  ProposeResult propose_change(const Configuration& target);

  // Hands leadership to a voter as soon as it has persisted the whole log; proposals are refused meanwhile.
  TransferStatus transfer_leader(NodeId to);

  // Asks for a read index, at leader or follower. Exactly one ReadResult with this context follows, unless
  // the group is destroyed or poisoned. `context` is the owner's and comes back as it is.
  void read_index(std::uint64_t context);

  // Campaigns without waiting for the election time-out. Ignored where a campaign is not allowed,
  // with lease_reads also while a leader is heard of.
  void campaign();

  // Unsafe: the end of the group for this replica, when the majority is lost for good. It takes part in
  // nothing any more: it votes for nobody, hears nobody and says nothing. Its whole log counts as committed
  // and is handed out to be applied, up to the place that comes back, where the log of another incarnation
  // may begin. Nothing of this is written, so that a replica that starts again takes part as before.
  // REQUIRES: called on one replica of the group only. Empty, and nothing is done: it leads, a write is under
  // way, its state is or has to be replaced by a snapshot, or the group is poisoned.
  std::optional<Index> conclude();

  // ---- Reports of the owner

  // Everything of the writes up to `write` is durable. Each number is reported, or a later one for several.
  // A write that failed is never reported: the owner closes the store.
  void persisted(WriteNumber write);

  // The state has applied everything up to `index`, which Ready::committed has handed out.
  void applied(Index index);

  // The state is about to be replaced by one that another node's owner has sent, without an offer to this
  // replica. True: nothing is taken in or voted for from here on; the owner puts state and log in place as
  // `meta` says, behind all writes handed out so far and those of the Readies that are due, and calls
  // snapshot_installed(). False: this replica has or will have that much by itself, or leads, and the state
  // stays as it is.
  bool begin_install(const SnapshotMeta& meta);

  // The snapshot asked for by Ready::install, or announced by begin_install(), is in place, durable, and
  // LogReader shows it. `installed` is what it turned out to hold, and may be later than what was asked for.
  void snapshot_installed(const SnapshotMeta& installed);

  // It could not be had; the state is as before.
  void snapshot_failed();

  // Leader: sending a snapshot to `peer` ended without success. It is probed anew.
  void snapshot_send_failed(NodeId peer);

  // The log now begins later; LogReader shows it. REQUIRES: base().index <= the applied index that is
  // durable.
  void compacted();

  // A message to `peer` was probably lost (its connection broke). Sending in a stream turns to probing, for
  // which a sleeping group wakes.
  void unreachable(NodeId peer);

  // A hint of the failure detector. Wakes a sleeping group when it concerns it: followers of a leader that is
  // down campaign after a random part of the election time-out, not all at once.
  void peer_liveness(NodeId peer, Liveness liveness);

  // Wakes a sleeping group; for hints that have no peer.
  void wake();

  // ---- Output

  bool has_ready() const;

  // Hands out everything there is to do, up to the limits of a single Ready; call again while has_ready().
  Ready ready();

  // ---- What it is

  // Empty when the group is sound.
  std::string_view poisoned() const;

  bool quiesced() const;
  bool leading() const;
  Term term() const;
  NodeId leader() const;
  Index commit() const;
  Index applied() const;
  Index last_index() const;
  Status status() const;

  // The latest in the log, committed or not.
  const Configuration& configuration() const;

  // Leader: whether `node` is close enough to become a voter; see Options::catch_up_entries_max.
  bool caught_up(NodeId node) const;

  // Where a snapshot of the state that has applied `index` stands, or a log that is cut there.
  // REQUIRES: base().index <= index <= applied(). Poisons when the log can't be read.
  SnapshotMeta meta_at(Index index);

  // Bytes of heap that this replica holds, about; payloads in the tail included.
  std::size_t memory_bytes() const;

 private:
  // Runs `call` on the core; false when the group is poisoned, before or by it.
  template <typename Call>
  bool guarded(Call&& call);

  std::unique_ptr<Core> core_;  // empty when it could not be made
  std::string_view poison_;
};

}  // namespace tenon::raft
