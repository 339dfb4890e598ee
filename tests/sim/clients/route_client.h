#pragma once

#include <string>
#include <vector>

#include "sim/checkers/route_checker.h"
#include "sim/clients/ask.h"

namespace tenon::sim {

// Subscribes and unsubscribes: puts and removes the routes of one session, at any node, one after another.
// When it has no answer it comes to another node, by a newer connection, and subscribes the same there.
class RouteClient {
 public:
  struct Options {
    std::uint32_t filters = 5;
    std::uint32_t per_second = 5;
    std::int64_t timeout_ns = 8 * ns_per_s;
    bool waits_for_leader_only = false;  // a mistake for the checker to find
    bool says_no_epoch = false;          // the same
  };
  // All outlive the client.
  RouteClient(ClientWorld& clients, RouteChecker& checker, const std::vector<kv::RangeRecord>& ranges,
              std::uint32_t number, const Options& options);
  // Begins to work, until the clients' world closes.
  void start() { work_later(); }

 private:
  struct Slot {
    std::uint64_t life = 0;  // counted up when nobody knows what is to become of the route
    bool is_there = false;
    // An older connection's SUBSCRIBE may come yet. It changes nothing of a route that is there; one that was
    // removed it brings back.
    bool may_come_back = false;
  };
  void work_later();
  void work();
  void change(SimNode& node, std::size_t slot, bool adds);
  std::string command(const std::string& filter, RouteChecker::Option option) const;
  void on_unknown(const std::string& key, std::size_t slot, bool added);
  void on_done(const std::string& key, std::size_t slot, RouteChecker::Option option,
               const std::vector<RouteChecker::Contact>& contacts);
  std::string filter_of(std::size_t slot) const;

  ClientWorld& clients_;
  RouteChecker& checker_;
  const std::vector<kv::RangeRecord>& ranges_;
  const std::string client_id_;
  const std::uint64_t number_;
  const Options options_;
  test::SimRandom random_;
  std::vector<Slot> slots_;
  std::uint32_t last_option_ = 0;
  std::uint64_t epoch_ = 1;  // of its connection
};

}  // namespace tenon::sim
