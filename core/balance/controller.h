#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "balance/abi_view.h"
#include "balance/explanation.h"
#include "balance/pace.h"
#include "balance/strategy.h"
#include "balance/view.h"

namespace tenon::balance {

// One balancer of one store.
struct BalancerSetup {
  StoreId store = StoreId::meta;
  std::string name;
  std::uint32_t order = 50;
  bool is_enabled = true;
  Strategy* strategy = nullptr;    // outlives its use; null: not enabled
  std::uint64_t rule_version = 0;  // of the rule for it in the store `meta`; 0: conf.d alone
  std::string failure = {};        // it can't be run; then it has no strategy
};

class ControllerPorts {
 public:
  // Gives the command to its range; ended() is told what came of it, by the number, later.
  virtual void give(std::uint64_t number, const Command& command, StoreId store,
                    std::string_view balancer) = 0;
  // What is wrong with a balancer, for the log.
  virtual void refused(StoreId, std::string_view /*balancer*/, const Command&, const Refused&) {}
  virtual void failed(StoreId, std::string_view /*balancer*/, const std::string& /*why*/) {}

 protected:
  ~ControllerPorts() = default;
};

// Runs the balancers of all stores over one view after the other, in their order, and gives what passes the
// verifier to the ranges: one command to a range at a time, not more at once than Pace allows, the earlier
// balancer first. What it remembers may be lost at any time; then it plans anew. Pure but for the strategies
// and the ports. One thread.
class Controller {
 public:
  static constexpr std::size_t decisions_shown = 20;
  static constexpr std::size_t given_shown = 200;

  // `ports` outlives it.
  Controller(std::vector<BalancerSetup> balancers, const PaceLimits& limits, ControllerPorts& ports);

  // From now on these plan, and strategies of the former ones are not called any more. What was shown and
  // remembered of a balancer stays with its store and name.
  void set_balancers(std::vector<BalancerSetup> balancers);
  // Another node plans: nothing is under way here, and memos are lost.
  void stop();
  // What may be given.
  enum class Scope : std::uint8_t {
    all,
    recoveries,  // the node plans only because nobody leads `meta`
  };
  // Plans and gives. REQUIRES: view.now_ms does not go back.
  void plan(const View& view, Scope scope = Scope::all);
  // `is_done`: it was carried out; else `state` and `detail` say what came of it.
  void ended(std::uint64_t number, bool is_done, std::string_view state, std::string_view detail,
             std::int64_t now_ms);

  Explanation explain() const;
  std::size_t in_flight() const { return pace_.in_flight(); }

 private:
  struct Balancer {
    BalancerSetup setup;
    std::string memo;
    BalancerExplanation shown;
  };

  void plan_one(Balancer& balancer, const View& view, AbiView& abi);
  void take_inputs(Balancer& balancer, const View& view) const;
  void decide(Balancer& balancer, const View& view, Plan&& plan);
  std::string_view held(const Command& what, const ViewRange& range) const;
  Decision decide_one(Balancer& balancer, const View& view, Command&& command, std::set<std::uint64_t>& seen);
  void give(Balancer& balancer, const View& view, Decision& decision);

  const PaceLimits limits_;
  ControllerPorts& ports_;
  std::vector<Balancer> balancers_;  // by order, then name; each store by itself
  Pace pace_;
  std::map<std::uint64_t, const ViewRange*> ranges_;  // of the view that is planned over
  std::deque<GivenCommand> given_;
  std::uint64_t last_number_ = 0;
  bool is_planner_ = false;
  Scope scope_ = Scope::all;  // of the view that is planned over
  std::int64_t now_ms_ = 0;
};

}  // namespace tenon::balance
