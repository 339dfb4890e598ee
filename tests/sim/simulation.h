#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim/checkers/ack_all_checker.h"
#include "sim/checkers/agreement_checker.h"
#include "sim/checkers/inbox_checker.h"
#include "sim/checkers/log_checker.h"
#include "sim/checkers/membership_checker.h"
#include "sim/checkers/raft_rules.h"
#include "sim/checkers/recovery_checker.h"
#include "sim/checkers/replica_checker.h"
#include "sim/clients/client_world.h"
#include "sim/clients/ledger_client.h"
#include "sim/clients/roamers.h"
#include "sim/faults/fault_injector.h"
#include "sim/node/observers.h"
#include "sim/node/plugin_files.h"
#include "sim/service_clients.h"
#include "sim/workload.h"

namespace tenon::sim {

// What one run came to.
struct Report {
  std::vector<std::string> failures;  // each begins with the simulated time
  std::uint64_t digest = 0;           // the same for each run of a seed
  MonoNs simulated_ns = 0;
  std::uint64_t event_count = 0;
  std::uint64_t fault_count = 0;
  std::uint64_t message_count = 0;       // between nodes
  std::uint64_t entry_count = 0;         // committed
  std::uint64_t term_count = 0;          // in which somebody led a range
  std::uint64_t acknowledged_count = 0;  // appends, by inbox
  std::uint64_t seen_count = 0;          // messages fetched, by inbox
  std::uint64_t compared_count = 0;      // states
  std::uint64_t register_count = 0;      // operations on registers
  std::uint64_t route_count = 0;         // subscriptions and their ends that were acknowledged
  std::uint64_t will_count = 0;          // handed out
  std::uint64_t ended_count = 0;         // sessions
  std::uint64_t rebuilt_count = 0;       // replicas that could not be used
  std::uint64_t recovery_count = 0;      // ranges that went on without their majority
  std::uint64_t written_count = 0;       // messages to ledgers that were acknowledged
  std::uint64_t lost_count = 0;          // of these, with members that were lost
  std::uint64_t gone_count = 0;          // nodes that others took for gone
  std::uint64_t connection_count = 0;    // of roamers
  std::uint64_t taken_over_count = 0;    // of these, ended for others
  std::uint64_t witnessed_count = 0;     // nodes that were alive by the word of a third one
};

// One workload with one seed: nodes, network, clients, faults and checkers in one thread. First things go
// wrong, then the world is healed, and within a minute everything that was acknowledged must be found.
class Simulation {
 public:
  // Both outlive it. `is_shown`: each event is printed.
  Simulation(const Workload& workload, std::uint64_t seed, const PluginFiles& plugins, bool is_shown);
  ~Simulation();

  // Called about each simulated second: it goes on.
  void on_progress(std::function<void()> told) { told_of_progress_ = std::move(told); }
  // Once. Ends at the first failure.
  Report run();

 private:
  std::unique_ptr<Network> make_network();
  void make_nodes();
  void make_clients();
  void look_at_replicas();
  void look_at_healed_world();
  bool step(MonoNs end_ns);
  bool is_level() const;
  void run_for(std::int64_t for_ns);
  void drain();
  bool is_drained() const;
  bool may_sleep() const;
  std::string awake_groups() const;
  void await_sleep(const std::string& behind);
  void break_a_link();
  void fall_asleep();
  void set_dates_far_ahead();

  const Workload& workload_;
  World world_;
  NodeSetup setup_;
  std::unique_ptr<MembershipChecker> membership_;  // null: nodes are simply linked or not
  MeshNetwork* mesh_ = nullptr;                    // the network, if it is one
  const std::unique_ptr<Network> network_;
  Observers observers_;
  std::unique_ptr<LogChecker> logs_;
  std::unique_ptr<RaftRules> rules_;  // null: another plugin
  std::unique_ptr<RecoveryChecker> recoveries_;
  std::unique_ptr<AckAllChecker> acks_;  // null: a majority is enough
  AgreementChecker agreement_;
  ReplicaChecker replicas_;
  InboxChecker inboxes_;
  std::vector<std::unique_ptr<SimNode>> nodes_;
  ClientWorld clients_;
  std::unique_ptr<ServiceClients> service_;
  FaultInjector faults_;
  std::vector<std::unique_ptr<Publisher>> publishers_;
  std::vector<std::unique_ptr<SessionClient>> sessions_;
  std::vector<std::unique_ptr<LedgerClient>> ledgers_;
  std::unique_ptr<Roamers> roamers_;  // null: there are none
  std::function<void()> told_of_progress_;
  MonoNs counted_until_ns_ = 0;
  std::uint64_t counted_events_ = 0;
  bool is_settled_ = false;
};

}  // namespace tenon::sim
