#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sim/checkers/route_follower.h"
#include "sim/network/network.h"
#include "sim/node/observer.h"
#include "sim/node/plugin_files.h"
#include "sim/node/sim_log_writer.h"
#include "sim/node/watched_machine.h"
#include "sim/world/node_world.h"
#include "store/keeper.h"

namespace tenon::sim {

enum class CrashKind : std::uint8_t {
  kill,        // the process ends; what it wrote is there
  power,       // what was not synced is there or not
  torn_write,  // the same, in the middle of a write of the journal
};

// What all nodes have in common.
struct NodeSetup {
  const PluginFiles& plugins;
  std::vector<kv::NodeId> nodes;              // by place
  std::vector<kv::RangeRecord> first_ranges;  // each with replicas at its members
  std::uint32_t voter_count = 0;              // that a range should have; 0: all nodes
  std::string engine_options = "{}";
  std::string log_options = "{}";
  std::string replication_options = "{}";
  SimLogWriter::Options log_writer;
  store::ReplicasOptions replicas;  // but for what differs between nodes
  // Nodes tell each other the numbers of their starts with their links, and name their senders after them.
  bool numbers_starts = false;
  // Replicas come and go while nodes run, as ranges are split, merged, recovered or rebuilt, and nodes tell
  // each other of ranges.
  bool reshapes = false;
  // Members are taken out of ranges for good, so that a node may hold nothing of a store.
  bool may_lack_stores = false;
  // Mistakes for the checkers to find.
  std::optional<std::int64_t> journal_sync_late_ns;  // syncs say "done" so much too early; 0: and never are
  MachineMistake machine_mistake = MachineMistake::none;
  bool tells_no_links = false;        // whom it is linked to
  bool goes_by_old_routes = false;    // behind a link that came up nobody waits for the newer ones
  bool writes_applied_apart = false;  // how far a state goes reaches the disk later than the state
  bool hears_no_base = false;         // a provisional range is taken to have begun with everything
};

// One node: its machine, which lasts, and its lives on it. What store::StoreThread does on real threads
// happens here in simulated time: messages and requests come in, a turn follows, writes of the journal take
// their time.
class SimNode final : public NetworkEnd, public RouteFollower {
 public:
  // All outlive the node.
  SimNode(World& world, Network& network, const NodeSetup& setup, NodeObserver& observer,
          std::uint32_t place);
  ~SimNode();

  // Begins a life. When it can't, as on a full disk, it tries again later.
  void start();
  void crash(CrashKind kind);
  // At the replication plugin's table, if the node leads the group; false otherwise.
  bool change_members(const kv::RangeId& range, const kv::Members& target);
  bool transfer(const kv::RangeId& range, kv::NodeId to);
  // Does nothing for so long, like a process that was stopped.
  void pause(std::int64_t for_ns);
  void set_disk_slowness(std::uint32_t factor);
  // Asks each of its groups for a point from which reads are current, for the checkers only.
  void ask_for_reads();

  bool is_up() const override { return life_ != nullptr; }
  bool is_paused() const override { return world_.now_ns() < paused_until_ns_; }
  MonoNs mono_ns() const override { return machine_.clock().mono_ns(); }
  std::uint64_t incarnation() const override { return incarnation_; }
  kv::NodeId id() const { return setup_.nodes[place_]; }
  std::uint32_t place() const override { return place_; }
  NodeWorld& machine() { return machine_; }
  // REQUIRES: is_up().
  const store::Keeper& keeper() const;
  std::optional<std::uint32_t> followed_route(const std::string& key) const override;
  bool has_whole_replica(const kv::RangeId& range) const override;
  bool lacks_state(const kv::RangeId& range) const override;
  // Those of which it is to hold all.
  std::set<kv::StoreId> stores() const;

  // Empty: the node died before there was an answer.
  using Answered = std::function<void(const std::optional<store::Answer>& answer)>;
  // REQUIRES: is_up(). The deadline is in `timeout_ns` from now.
  void ask(store::Request&& request, std::int64_t timeout_ns, Answered answered);
  // An order to have the range go on without its majority. REQUIRES: is_up().
  void recover(const store::RecoverRange& what, Answered answered);

  // NetworkEnd
  void on_message(std::uint32_t from, store::PeerMessage kind, const std::string& text) override;
  void on_link(std::uint32_t other, bool is_up, std::uint64_t start_number) override;

 private:
  class Life;

  // Runs on the node's one thread: now, or when its pause is over; a turn follows. Not if the node dies
  // before.
  void run(std::function<void(Life&)> what);
  store::Ticket expect(Answered answered);
  void restart_later(std::int64_t min_ns, std::int64_t max_ns);

  World& world_;
  Network& network_;
  const NodeSetup& setup_;
  NodeObserver& observer_;
  const std::uint32_t place_;
  NodeWorld machine_;
  std::uint64_t incarnation_ = 0;
  MonoNs paused_until_ns_ = 0;
  std::uint32_t disk_slowness_ = 1;
  std::deque<std::function<void(Life&)>> held_;  // while paused
  std::map<store::Ticket, Answered> asked_;
  std::uint64_t next_ticket_ = 1;
  bool has_founded_ = false;
  // Of the ranges: what the engine held at the last two looks, where the older one is the one that a crash
  // leaves.
  std::vector<kv::RangeRecord> records_before_;
  std::vector<kv::RangeRecord> records_;
  std::unique_ptr<Life> life_;
};

}  // namespace tenon::sim
