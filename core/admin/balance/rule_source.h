#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace tenon::admin {

// A balancer of a store as it is on this node, by conf.d and the rule for it in the store `meta`, which wins.
struct BalancerRule {
  std::string store;
  std::string balancer;
  std::uint64_t version = 0;  // of the rule; 0: there is none
  std::string by;             // who set the rule
  std::string reason;
  UnixMs set_ms = 0;
  // What holds, each with where it is said: a place in conf.d, "default", or "rule <version>".
  struct Value {
    std::string name;  // "enable", "order", or "options.<key>"
    std::string json;
    std::string origin;
  };
  std::vector<Value> values;
  std::string failure;  // it can't be run here as the rule wants it, and does not run; empty: it can
};

// A change that was made to a rule, at any node, as the store `meta` has it in its audit.
struct RuleAudit {
  std::uint64_t revision = 0;  // of the store; of a rule that was set, its version
  UnixMs at_ms = 0;
  std::string by;
  std::string store;
  std::string balancer;
  bool removed = false;  // else set
};

// All rules and the last changes of them.
struct RuleReport {
  std::vector<BalancerRule> rules;
  std::vector<RuleAudit> audit;  // the newest last
};

// What is to become of one rule. What is not said stays as the rule has it.
struct RuleChange {
  std::string store;
  std::string balancer;
  bool removes = false;  // the rule goes; conf.d holds again
  std::optional<bool> enable;
  std::optional<std::uint32_t> order;
  std::string options_json = "{}";  // an object: a null takes the option out of the rule
  // That the rule must have; 0: there must be none. Empty: whatever it has when the change is begun.
  std::optional<std::uint64_t> version;
  std::string reason;
  std::string by;  // "owner" or "token"
};

// A change that was begun at this node since its start. The last ones are kept.
struct RuleChangeStatus {
  std::uint64_t id = 0;
  std::string store;
  std::string balancer;
  std::string state;          // "running", "done", "refused", "conflict", "timed_out"
  std::string detail;         // one sentence; empty while it runs
  std::uint64_t version = 0;  // that the rule has now, as far as the change has seen
};

// Where the actions about rules get their data and bring their changes: the node implements it. Any thread.
class RuleSource {
 public:
  virtual ~RuleSource() = default;
  // Quick: what was known a few seconds ago at most. Empty: the store `meta` has not been read yet.
  virtual std::optional<RuleReport> rules() const = 0;
  // Begins a change, which goes on by itself. not_found: there is no such store or plugin; busy: too many are
  // running. Quick.
  virtual Result<RuleChangeStatus> change(const RuleChange& change) = 0;
  // Empty: there is no such change, or it is long over.
  virtual std::optional<RuleChangeStatus> change_status(std::uint64_t id) const = 0;
};

}  // namespace tenon::admin
