#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "admin/balance/rule_source.h"
#include "config/settings.h"
#include "kv/descriptor.h"
#include "service/meta/meta_ops.h"

namespace tenon::node {

// What is said at runtime of one balancer of one store: a value of the store `meta`, which wins over conf.d
// on all nodes.
struct Rule {
  kv::StoreId store = kv::StoreId::meta;
  std::string balancer;
  std::optional<bool> is_enabled;
  std::optional<std::uint32_t> order;
  std::string options_json = "{}";  // laid over those of conf.d, key by key
  std::string reason;
  std::string change;  // names the change that it was put by
  // Of its record:
  std::uint64_t version = 0;  // 0: it has none
  std::string by;
  UnixMs set_ms = 0;

  friend bool operator==(const Rule&, const Rule&) = default;
};

inline constexpr std::uint32_t order_max = 1000;

// All paths of rules begin with it: "balance/rules/inbox/replica-cnt".
inline constexpr std::string_view rules_prefix = "balance/rules/";
std::string path_of(kv::StoreId store, std::string_view balancer);
// Empty: there is no store of that name.
std::optional<kv::StoreId> store_named(std::string_view name);

// Whose rule is at the path; empty: it is no rule's.
struct RulePlace {
  kv::StoreId store = kv::StoreId::meta;
  std::string balancer;
};
std::optional<RulePlace> place_of_path(std::string_view path);

// The value for `meta`: an object of what is said, {"enable", "order", "options", "reason", "change"}.
std::string text_of(const Rule& rule);
// `store` and `balancer` are always read. The error says what this version does not understand: such a rule
// can't be followed.
struct ReadRule {
  Rule rule;
  std::optional<Error> error;
};
// Empty: the path is none of a rule's.
std::optional<ReadRule> read_rule(std::string_view path, const service::meta::ValueRecord& record);

// The rule with what the change says. invalid: that makes no sense; the text names the place.
Result<Rule> change_rule(Rule rule, const admin::RuleChange& change);

// A balancer of a store by conf.d and a rule.
struct EffectiveBalancer {
  kv::StoreId store = kv::StoreId::meta;
  bool is_enabled = false;
  std::uint32_t order = 0;
  std::string options_json;
  admin::BalancerRule shown;
};
// `rule` is null where there is none.
EffectiveBalancer effective_balancer(kv::StoreId store, const config::BalancerSettings& conf,
                                     const Rule* rule);

}  // namespace tenon::node
