#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include <tenon/kind/balancer.hpp>
#include "balance/abi_view.h"
#include "balance/verifier.h"
#include "support/balance/made_view.h"

namespace tenon::test {

// One line for each command: "7 transfer 2", "7 members 1,2,4 learners 3", "7 split key", ...
inline std::string text_of(const sdk::BalancerCommand& command) {
  const auto list = [](const std::vector<std::uint64_t>& nodes) {
    std::string text;
    for (const std::uint64_t node : nodes) text += (text.empty() ? "" : ",") + std::to_string(node);
    return text;
  };
  const std::string range = std::to_string(command.range) + " ";
  switch (command.kind) {
    case TENON_COMMAND_TRANSFER:
      return range + "transfer " + std::to_string(command.node);
    case TENON_COMMAND_MEMBERS:
      return range + "members " + list(command.voters) +
             (command.learners.empty() ? "" : " learners " + list(command.learners));
    case TENON_COMMAND_SPLIT:
      return range + "split " + (command.split_by_load ? "by load" : "in half") +
             (command.key.empty() ? "" : " at " + command.key);
    case TENON_COMMAND_MERGE:
      return range + "merge " + std::to_string(command.other);
    case TENON_COMMAND_RECOVER:
      return range + "recover " + list(command.voters) +
             (command.evidence == TENON_RECOVER_PROOF ? " by proof" : " by timeout");
    default:
      return range + "?";
  }
}

struct Planned {
  std::vector<std::string> commands;
  std::string reason;
  std::int64_t await_ms = 0;
};

// What a rule plans for the store.
template <class Rule, class Options>
Planned planned(Rule rule, const balance::View& view, const Options& options,
                StoreId store = StoreId::inbox) {
  balance::AbiView abi(view);
  const sdk::BalancerView seen(abi.of_store(store));
  const sdk::BalancerPlan plan = rule(seen, options);
  Planned result;
  result.reason = plan.reason;
  result.await_ms = plan.await_ms;
  for (const auto& command : plan.commands) {
    EXPECT_FALSE(command.reason.empty());
    result.commands.push_back(text_of(command));
  }
  EXPECT_FALSE(plan.reason.empty());
  return result;
}

using Lines = std::vector<std::string>;

}  // namespace tenon::test
