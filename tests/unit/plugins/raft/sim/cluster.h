#pragma once

#include <cstdint>
#include <functional>
#include <queue>
#include <string>
#include <string_view>
#include <vector>

#include "algorithm/parts/random.h"
#include "sim/checker.h"
#include "sim/network.h"
#include "sim/replica.h"

namespace tenon::raft::sim {

// How one run goes, drawn from its seed.
struct Plan {
  std::uint32_t founders = 3;
  std::uint32_t spares = 2;  // nodes that can be taken in
  std::uint32_t ticks = 1500;
  std::uint32_t steps_per_tick = 10;
  std::uint32_t disk_max = 15;                // steps that a write takes at most
  std::uint32_t slow_percent = 2;             // of writes, which take up to 20 times as long
  std::uint32_t crash_permille = 3;           // per tick and node
  std::uint32_t crash_at_write_permille = 1;  // of writes, of whose node the power goes before it is done
  std::uint32_t cut_permille = 10;            // per tick
  std::uint32_t change_permille = 15;
  std::uint32_t transfer_permille = 4;
  std::uint32_t propose_percent = 40;
  std::uint32_t read_percent = 30;
  std::uint32_t compact_percent = 3;
  std::uint32_t hint_permille = 3;
  bool even_clocks = false;  // no node misses a tick; leases rest on that
  NetworkFaults network;
  Options options;  // self and seed apart

  static Plan draw(Random& random);
};

// Replicas, their disks and the network between them, all driven by one seed: the same seed is the same run.
class Cluster {
 public:
  Cluster(std::uint64_t seed, OwnerBug bug);

  // Faults for the planned time, then peace, in which everything must come to rest. Empty when nothing was
  // wrong.
  std::string run();

  // Drawn at the end: two runs that give the same number were the same run.
  std::uint64_t fingerprint() { return random_.next(); }
  const Checker& checker() const { return checker_; }
  std::uint32_t ticks_done() const { return ticks_done_; }

 private:
  enum class Kind : std::uint8_t { message, write_done, install_done, crash, restart };
  struct Event {
    std::uint64_t at;
    std::uint64_t order;
    Kind kind;
    std::size_t node;
    std::uint64_t life;  // of the node, when it was planned
    Message message;

    bool operator>(const Event& other) const { return at != other.at ? at > other.at : order > other.order; }
  };

  bool ok() const { return checker_.failure().empty(); }
  void post(std::uint64_t delay, Kind kind, std::size_t node, Message message = {});
  void handle(Event& event);
  void settle(std::size_t node);
  void tick_all();
  void install(std::size_t node);

  // ---- Workload and faults, once a tick
  void act();
  void act_on_leader(Replica& leader);
  void change_members(Replica& leader);
  void crash(std::size_t node);
  void cut_some();
  void request();

  // ---- The end
  void make_peace();
  void await_rest(std::string_view behind);
  void break_links();
  bool at_rest() const;
  const Replica* last_leader() const;
  std::string describe() const;

  bool chance(std::uint32_t permille) { return random_.below(1000) < permille; }
  std::size_t some_node() { return random_.below(replicas_.size()); }
  std::size_t index_of(NodeId node) const { return static_cast<std::size_t>(node) - 1; }

  Random random_;
  Plan plan_;
  std::vector<Replica> replicas_;
  std::vector<std::uint64_t> lives_;
  std::vector<std::uint64_t> write_free_at_;  // when the disk of a node is done with what it has
  Checker checker_;
  Network network_;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  std::uint64_t now_ = 0;
  std::uint64_t order_ = 0;
  std::uint32_t ticks_done_ = 0;
  std::uint64_t proposals_ = 0;
  bool peace_ = false;
};

// Runs one seed; empty or what failed, with the seed in it.
std::string run_seed(std::uint64_t seed, OwnerBug bug = OwnerBug::none);

}  // namespace tenon::raft::sim
