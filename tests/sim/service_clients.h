#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sim/checkers/register_history.h"
#include "sim/checkers/retained_checker.h"
#include "sim/checkers/route_checker.h"
#include "sim/checkers/session_checker.h"
#include "sim/node/observers.h"
#include "sim/workload.h"

namespace tenon::sim {

// The clients of a simulation that do more than fetch and publish, with the checkers that look at them: of
// settings, retained messages, routes, and of sessions that expire and leave wills.
class ServiceClients {
 public:
  // All outlive it, and there are all nodes by now. `ranges` are those of all stores.
  ServiceClients(const Workload& workload, ClientWorld& clients, const Network& network, Observers& observers,
                 const std::vector<kv::RangeRecord>& ranges);

  // The ranges of the stores that the workload's clients use, beside the inbox.
  static std::vector<kv::RangeRecord> ranges_of(const Workload& workload, const kv::Members& members);

  void start();
  // From time to time.
  void look();
  // The world is whole again: clients come to their ends.
  void drain();
  bool is_drained() const;
  // What is still to come, in words.
  std::string still_open() const;
  // At the end of a run.
  void check(World& world) const;

  std::size_t register_operation_count() const { return registers_.count(); }
  std::uint64_t route_count() const { return routes_.acknowledged_count(); }
  std::uint64_t will_count() const { return sessions_.will_count(); }
  std::uint64_t ended_count() const { return sessions_.ended_count(); }

 private:
  RegisterHistories registers_;
  RouteChecker routes_;
  SessionChecker sessions_;
  RetainedChecker retained_;
  std::vector<std::string> inbox_begins_;
  std::vector<std::string> retain_begins_;
  std::vector<kv::RangeRecord> route_ranges_;
  WillPublisher wills_;
  std::vector<std::unique_ptr<MetaClient>> meta_clients_;
  std::vector<std::unique_ptr<RetainClient>> retain_clients_;
  std::vector<std::unique_ptr<RouteClient>> route_clients_;
  std::vector<std::unique_ptr<VisitorClient>> visitors_;
};

}  // namespace tenon::sim
