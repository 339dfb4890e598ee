#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "balance/plan.h"
#include "balance/verifier.h"

namespace tenon::balance {

// What became of one command of a plan.
struct Decision {
  Command command;
  enum class State : std::uint8_t { given, held, refused } state = State::given;
  std::uint64_t number = 0;        // given: of the order
  std::string why;                 // held, refused
  std::optional<Refusal> refusal;  // refused
};

// The last decision of one balancer and what it was made of; and what came of its commands since this node
// plans.
struct BalancerExplanation {
  StoreId store = StoreId::meta;
  std::string name;
  std::uint32_t order = 0;
  bool is_enabled = true;
  std::uint64_t rule_version = 0;  // of the rule for it in the store `meta`; 0: conf.d alone
  bool has_planned = false;
  std::int64_t planned_ms = 0;  // on the view's clock
  struct Inputs {
    std::size_t nodes_alive = 0;
    std::size_t nodes_gone = 0;
    std::size_t ranges = 0;  // of the store
    std::size_t ranges_busy = 0;
    std::size_t ranges_leaderless = 0;
  } inputs;
  std::string failure;  // it could not plan, or can't be run; empty: it did
  std::string reason;   // the plan's
  std::int64_t await_ms = 0;
  std::vector<Decision> decisions;  // the first ones
  std::size_t decision_count = 0;   // all
  struct Counts {
    std::uint64_t plans = 0;
    std::uint64_t failures = 0;
    std::uint64_t given = 0;
    std::uint64_t done = 0;
    std::uint64_t failed = 0;
    std::uint64_t held = 0;
    std::array<std::uint64_t, refusal_count> refused{};
  } counts;
};

// A command that was given, and what came of it.
struct GivenCommand {
  std::uint64_t number = 0;
  StoreId store = StoreId::meta;
  std::string balancer;
  Command command;
  std::int64_t given_ms = 0;
  std::string state = "running";  // "running", "done", "refused", "stale", "timed_out"
  std::string detail;
};

struct Explanation {
  bool is_planner = false;  // this node plans: it leads the store `meta`
  std::int64_t now_ms = 0;
  std::vector<BalancerExplanation> balancers;  // in their order
  std::vector<GivenCommand> given;             // the newest last
};

}  // namespace tenon::balance
