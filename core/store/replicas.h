#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "store/disk/engine_retry.h"
#include "store/disk/journal.h"
#include "store/orders/split_opening.h"
#include "store/replica/replica.h"
#include "store/snapshot/incoming.h"
#include "store/snapshot/outgoing.h"

namespace tenon::store {

struct ReplicasOptions {
  NodeId self = NodeId::none;
  std::uint64_t seed = 0;  // of everything that has to differ between nodes
  // A replica with more than this in memory is written to its engine at the next turn, and the others after a
  // while, one a turn: nothing else runs meanwhile. Rows of many sessions lie on pages of their own, and the
  // more of them go at once, the fewer pages are written again.
  std::size_t overlay_bytes_max = 8u << 20;
  std::int64_t flush_interval_ns = 10'000'000'000;
  // A replica with more than this in memory, since its engine takes nothing, applies and takes nothing until
  // there is room.
  std::size_t held_bytes_max = 32u << 20;
  // How often the engines are synced and the log is cut.
  std::int64_t sync_interval_ns = 30'000'000'000;
  LogKeeping log_keeping;
  // Stores whose commands are acknowledged when every live voter holds them, not a majority only.
  std::set<StoreId> ack_all;
  SnapshotOptions snapshots;
};

// All replicas of a node. Driven from outside: calls and messages come in, a turn does what is due, effects
// go out through the ports. One thread.
class Replicas final : OutgoingPorts, IncomingPorts, kv::MergePort {
 public:
  using MakeMachine = std::function<std::unique_ptr<kv::Machine>(StoreId store)>;

  // Everything outlives the replicas.
  Replicas(const ReplicasOptions& options, const Replication& plugin, Journal& journal, ReplicaPorts& ports,
           MakeMachine make_machine);
  ~Replicas();
  Replicas(const Replicas&) = delete;
  Replicas& operator=(const Replicas&) = delete;

  // Opens the replicator. Once, before add().
  Status open();
  // Joins the group of a range whose record and state `engine` holds. `hard_state` as the journal gave it.
  Status add(const kv::RangeRecord& record, Engine& engine, std::string_view hard_state);

  // Leaves the group, and forgets the replica; what engine and journal hold stays.
  void remove(const RangeId& range);
  // For calls outside of those of Replicas. Null: there is none.
  Replica* replica(const RangeId& range) { return replica_of(range); }

  // As Replica::request; not_leader when this node has no such replica.
  void request(const RangeId& range, Request::Kind kind, const kv::Command& command, const ReplyTo& to);
  void step(std::span<const tenon_peer_message> messages);
  // What another node's Replicas said through ReplicaPorts::send_snapshot. False: it does not hold together.
  bool on_snapshot(NodeId from, std::string_view body);
  void persisted(std::uint64_t sequence);
  // What a replica appended is not durable though persisted() will say so: it leaves its group at once.
  void log_damaged(const RangeId& range, const std::string& why);
  // The same for each that does not lead.
  void give_up_followers(const std::string& why);
  void peer_state(NodeId node, bool up);
  // Messages are matched with what the replicas of `dist` have applied, and SUBACK waits for the nodes in
  // contact only: these catch up anew, Replica::renew_contact().
  void renew_contact();
  // A start of a node is linked, or is this one; see NodeStarts.
  void node_started(NodeId node, std::uint64_t start_number) { starts_.on_up(node, start_number); }
  // What commands a node can apply that is linked; see MemberVersions.
  void node_knows(NodeId node, const kv::CommandVersions& commands) { versions_.learn(node, commands); }
  // Whether all nodes that were linked so far know commands of this kind, and these have said so.
  bool all_know(kv::Command::Kind kind, const std::vector<NodeId>& nodes) const;
  // Time has passed. `unix_ms` is what entries are stamped with.
  void tick(MonoNs now_ns, UnixMs unix_ms);
  // Does what is due. True: there is more to do at once.
  bool turn();
  // Writes everything into the engines, and makes it durable there; for a stop in peace. Replicas that have
  // failed are left as they are.
  Status settle();
  // The engine has refused what it was to take, and has not taken it since.
  // Nothing is due sooner than the plugin's own times, if nothing comes in.
  bool rests() const;
  bool is_failing(const Engine& engine) const;
  bool has_failing() const;

  // Unsafe. A replica whose group was ended and whose log is applied goes on as another incarnation of the
  // range, of which the record comes back: Replica::go_on_as. Its engine has it for good by then; what is
  // left of the former one is handed out by range_absorbed(). After an error the same may be tried again.
  // REQUIRES: Replica::is_at_end().
  Result<kv::RangeRecord> go_on_as(const RangeId& range, const kv::Recovery& recovery);

  // A frozen replica: whether its engine holds it so, for good.
  bool make_durable(Replica& frozen);

  // All that the replica has applied, as it is now. An error: it can't be read, or this node does not lead
  // the range.
  Result<std::unique_ptr<FrozenState>> freeze_state(const RangeId& range) { return freeze(range); }

  const Replica* find(const RangeId& range) const;
  const OutgoingSnapshots& outgoing() const { return outgoing_; }
  const IncomingSnapshots& incoming() const { return incoming_; }
  template <class Fn>
  void each(Fn&& fn) const {
    for (const auto& [id, replica] : replicas_) fn(*replica);
  }
  // Those that Replica::is_awake() is true of, and some that it was.
  template <class Fn>
  void each_awake(Fn&& fn) const {
    for (const RangeId& id : awake_) fn(*find(id));
  }

 private:
  // OutgoingPorts, IncomingPorts
  Result<std::unique_ptr<FrozenState>> freeze(const RangeId& range) override;
  void snapshot_sent(const RangeId& range, NodeId to, tenon_status status, std::uint64_t index) override;
  Engine* engine_of(const RangeId& range) override;
  std::uint64_t held_index(const RangeId& range) override;
  Installed install(const kv::RangeRecord& record) override;
  void send_snapshot(NodeId to, std::string&& body) override { ports_.send_snapshot(to, std::move(body)); }
  void staging_failed(const RangeId& range, const std::string& why) override;
  // MergePort
  bool absorb(const RangeId& left, const kv::MergeCommand& merge) override;

  Replica* replica_of(const RangeId& range);
  void touch(const RangeId& range) {
    touched_.insert(range);
    awake_.insert(range);
  }
  void close_failed();
  void remove_retired();
  void hand_out_absorbed();
  std::vector<kv::EngineBatch::Absorbed> held_within(const kv::RangeRecord& record) const;
  void flush_what_is_due();
  void open_children();
  void open_child(Engine& engine, bool is_led, const kv::RangeRecord& record);
  void sync_engines();
  Status sync(Engine& engine);
  void retry_engines();
  Status write_all(Engine& engine);
  void hold_what_is_full();
  void engine_failed(Engine& engine, const std::string& why);
  // The engine has not taken what this replica had for it.
  void write_failed(Replica& replica, const Error& error);
  // True: there is more to do in the next turn.
  bool do_install_steps();
  Status install_step(Replica& replica);
  void flush_one();
  Status flush(Replica& replica);

  const ReplicasOptions options_;
  const Replication plugin_;
  Journal& journal_;
  ReplicaPorts& ports_;
  const MakeMachine make_machine_;
  tenon_replication_env env_{};
  tenon_replicator* replicator_ = nullptr;
  std::map<RangeId, std::unique_ptr<Replica>> replicas_;
  std::set<RangeId> touched_;
  std::vector<RangeId> retired_;  // to be removed outside of the plugin's calls
  // Those that Replica::is_awake() may be true of; the others have nothing to flush, to close or to wait for.
  std::set<RangeId> awake_;
  std::set<RangeId> installing_;
  std::set<RangeId> to_flush_;
  std::map<Engine*, EngineRetry> retries_;
  bool holds_ = false;  // some replica waits for its engine to have room
  NewLeaders new_leaders_;
  NodeStarts starts_;
  MemberVersions versions_;
  OutgoingSnapshots outgoing_;
  IncomingSnapshots incoming_;
  MonoNs now_ns_ = 0;
  UnixMs unix_ms_ = 0;
  MonoNs flushed_ns_ = 0;
  MonoNs synced_ns_ = 0;
  MonoNs due_ns_ = 0;
};

}  // namespace tenon::store
