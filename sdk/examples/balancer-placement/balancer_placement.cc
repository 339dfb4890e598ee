// SPDX-License-Identifier: 0BSD
//
// A balancer in C++ that keeps the voters of a store's ranges on nodes with an attribute. See README.md.
#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <tenon/kind/balancer.hpp>
#include <tenon/module.hpp>

namespace {

namespace sdk = tenon::sdk;

using Nodes = std::vector<std::uint64_t>;

constexpr const char* requires_host[] = {TENON_HOST_CONFIG_ID, nullptr};
constexpr const char* options_schema = R"({
  "type": "object", "additionalProperties": false, "required": ["attribute", "value"],
  "properties": {
    "attribute": {"type": "string", "minLength": 1},
    "value": {"type": "string"},
    "grace_s": {"type": "integer", "minimum": 1, "maximum": 86400},
    "moves_max": {"type": "integer", "minimum": 1, "maximum": 1000}
  }})";

struct Options {
  std::string attribute;
  std::string value;
  std::int64_t grace_ms = 30'000;
  std::size_t moves_max = 4;
};

// One plan: it is made of the view and the options, and of nothing else.
class Placement {
 public:
  Placement(const sdk::BalancerView& view, const Options& options) : view_(view), options_(options) {
    for (const tenon_balancer_node& node : view.nodes()) {
      nodes_[node.id] = &node;
      if (is_wanted(node)) voters_at_[node.id] = 0;
    }
    for (const tenon_balancer_range& range : view.own_ranges())
      for (const std::uint64_t voter : voters_of(range))
        if (voters_at_.contains(voter)) ++voters_at_[voter];
  }

  sdk::BalancerPlan run() {
    std::size_t misplaced = 0;
    for (const tenon_balancer_range& range : view_.own_ranges()) {
      note_graces(range);
      if (!has_misplaced(range)) continue;
      ++misplaced;
      // What is busy comes to rest first; a range without a leader can do nothing.
      if ((range.flags & TENON_RANGE_BUSY) == 0 && range.leader != 0 &&
          plan_.commands.size() < options_.moves_max)
        improve(range);
    }
    plan_.reason = std::to_string(misplaced) + " ranges have voters elsewhere than on " + options_.attribute +
                   "=" + options_.value;
    return std::move(plan_);
  }

 private:
  static Nodes voters_of(const tenon_balancer_range& range) {
    return {range.voters, range.voters + range.voter_count};
  }
  static Nodes learners_of(const tenon_balancer_range& range) {
    return {range.learners, range.learners + range.learner_count};
  }
  static bool contains(const Nodes& nodes, std::uint64_t node) {
    return std::find(nodes.begin(), nodes.end(), node) != nodes.end();
  }

  // It may get more: alive, taking replicas of the store, not drained, and with the attribute.
  bool is_wanted(const tenon_balancer_node& node) const {
    if (node.state != TENON_NODE_ALIVE || (node.stores & 1u << view_.store()) == 0) return false;
    return (node.flags & (TENON_NODE_DRAINING | TENON_NODE_EMPTYING)) == 0 && has_attribute(node);
  }
  bool has_attribute(const tenon_balancer_node& node) const {
    return std::any_of(node.attributes, node.attributes + node.attribute_count, [this](const tenon_kv& one) {
      return sdk::text_of(one.key) == options_.attribute && sdk::text_of(one.value) == options_.value;
    });
  }

  // How much is left of the grace of a voter that is gone. 0: it is over, or there is none, as for a node of
  // which an operator says that it does not come back.
  std::int64_t grace_left_ms(const tenon_balancer_node& node) const {
    if (node.state == TENON_NODE_ALIVE || node.evidence == TENON_EVIDENCE_MARKED) return 0;
    return std::max<std::int64_t>(options_.grace_ms - (view_.now_ms() - node.since_ms), 0);
  }

  // A voter keeps its place while it restarts, before it has told of itself, and while it is drained: only
  // when it is to be emptied its replicas go.
  bool is_misplaced(std::uint64_t voter) const {
    const auto found = nodes_.find(voter);
    if (found == nodes_.end()) return true;
    const tenon_balancer_node& node = *found->second;
    if (node.state != TENON_NODE_ALIVE) return grace_left_ms(node) == 0;
    if ((node.flags & TENON_NODE_EMPTYING) != 0) return true;
    if (node.stores == 0) return false;
    return (node.stores & 1u << view_.store()) == 0 || !has_attribute(node);
  }

  bool has_misplaced(const tenon_balancer_range& range) const {
    const Nodes voters = voters_of(range);
    return std::any_of(voters.begin(), voters.end(),
                       [this](std::uint64_t voter) { return is_misplaced(voter); });
  }

  // The plan is due again when the next one ends.
  void note_graces(const tenon_balancer_range& range) {
    for (const std::uint64_t voter : voters_of(range)) {
      const auto found = nodes_.find(voter);
      const std::int64_t left_ms = found == nodes_.end() ? 0 : grace_left_ms(*found->second);
      if (left_ms > 0 && (plan_.await_ms == 0 || left_ms < plan_.await_ms)) plan_.await_ms = left_ms;
    }
  }

  // One voter moves; the leader's replica last, once another voter leads that is placed well.
  void improve(const tenon_balancer_range& range) {
    const Nodes voters = voters_of(range);
    const std::uint64_t in = emptiest_without(voters);
    if (in == 0) return;
    const auto out = std::find_if(voters.begin(), voters.end(), [&](std::uint64_t voter) {
      return voter != range.leader && is_misplaced(voter);
    });
    if (out == voters.end()) return hand_over(range);
    auto command = sdk::BalancerCommand::to(
        range, TENON_COMMAND_MEMBERS,
        "node " + hex(*out) + " is gone, drained, or not " + options_.attribute + "=" + options_.value);
    command.voters = voters;
    std::replace(command.voters.begin(), command.voters.end(), *out, in);
    for (const std::uint64_t learner : learners_of(range))
      if (learner != in) command.learners.push_back(learner);
    command.cost_bytes = range.size_bytes;
    plan_.commands.push_back(std::move(command));
    ++voters_at_[in];
  }

  void hand_over(const tenon_balancer_range& range) {
    for (std::uint64_t i = 0; i < range.replica_count; ++i) {
      const tenon_balancer_replica& replica = range.replicas[i];
      const bool keeps_up =
          (replica.flags & TENON_REPLICA_USABLE) != 0 && (replica.flags & TENON_REPLICA_BEHIND) == 0;
      if (!keeps_up || !voters_at_.contains(replica.node) || !contains(voters_of(range), replica.node))
        continue;
      plan_.commands.push_back(
          sdk::BalancerCommand::to(range, TENON_COMMAND_TRANSFER, "its leader is to move elsewhere"));
      plan_.commands.back().node = replica.node;
      return;
    }
  }

  // Of the wanted nodes without a voter of the range, the one with the fewest voters; 0: there is none.
  std::uint64_t emptiest_without(const Nodes& voters) const {
    std::uint64_t best = 0;
    for (const auto& [node, count] : voters_at_)
      if (!contains(voters, node) && (best == 0 || count < voters_at_.at(best))) best = node;
    return best;
  }

  static std::string hex(std::uint64_t node) {
    std::string text(16, '0');
    for (auto at = text.rbegin(); at != text.rend(); ++at, node >>= 4) *at = "0123456789abcdef"[node & 15];
    return text;
  }

  const sdk::BalancerView& view_;
  const Options& options_;
  std::map<std::uint64_t, const tenon_balancer_node*> nodes_;
  std::map<std::uint64_t, std::size_t> voters_at_;  // of the store, at each wanted node
  sdk::BalancerPlan plan_;
};

class BalancerPlacement : public sdk::BalancerPlugin<BalancerPlacement> {
 public:
  static constexpr sdk::PluginInfo info{.id = "com.example.balancer-placement",
                                        .name = "placement",
                                        .version = "1.0",
                                        .config_schema_json = options_schema,
                                        .requires_host = requires_host};
  using BalancerPlugin::BalancerPlugin;

  void init() { options_ = read_options(); }
  tenon_status reconfigure() {
    options_ = read_options();
    return TENON_OK;
  }
  sdk::BalancerPlan plan(const sdk::BalancerView& view, std::string_view) const {
    return Placement(view, options_).run();
  }

 private:
  Options read_options() const {
    Options options;
    options.attribute = config().text_or("attribute", "");
    options.value = config().text_or("value", "");
    const std::int64_t grace_s = config().integer_or("grace_s", 30);
    const std::int64_t moves_max = config().integer_or("moves_max", 4);
    if (options.attribute.empty())
      throw sdk::Failure(TENON_E_INVALID,
                         "set the option \"attribute\" to the name of an attribute of nodes");
    if (moves_max < 1 || moves_max > 1000)
      throw sdk::Failure(TENON_E_INVALID, "option \"moves_max\" has to be from 1 to 1000");
    if (grace_s < 1 || grace_s > 86'400)
      throw sdk::Failure(TENON_E_INVALID, "option \"grace_s\" has to be from 1 to 86400");
    options.grace_ms = 1000 * grace_s;
    options.moves_max = static_cast<std::size_t>(moves_max);
    return options;
  }

  Options options_;
};

}  // namespace

TENON_CPP_MODULE(1, "com.example.balancer-placement", "1.0", BalancerPlacement)
