#include "node/balance/rule.h"

#include <algorithm>
#include <vector>

#include "config/json/json_reader.h"
#include "config/json/json_writer.h"
#include "config/sources/merge.h"

namespace tenon::node {

using config::Kind;
using config::Value;

namespace {

Error wrong(std::string text) {
  return {Errc::invalid, std::move(text)};
}

std::string place_of(kv::StoreId store, std::string_view balancer) {
  return "stores." + std::string(kv::to_string(store)) + ".balancers." + std::string(balancer);
}

// Empty: it is no JSON object.
std::optional<Value> read_object(std::string_view text) {
  std::vector<config::ConfigError> errors;
  auto value = config::read_json(text, nullptr, {}, errors);
  if (!value || !errors.empty() || !value->is_map()) return std::nullopt;
  return value;
}

Value object_of(std::string_view text) {
  return read_object(text).value_or(Value::make_map({}));
}

std::optional<Error> read_member(const std::string& name, const Value& value, Rule& ret_rule) {
  if (name == "enable" && value.kind == Kind::boolean)
    ret_rule.is_enabled = value.boolean;
  else if (name == "order" && value.kind == Kind::integer && value.integer >= 0 && value.integer <= order_max)
    ret_rule.order = static_cast<std::uint32_t>(value.integer);
  else if (name == "options" && value.is_map())
    ret_rule.options_json = to_json(value);
  else if (name == "reason" && value.kind == Kind::string)
    ret_rule.reason = value.text;
  else if (name == "change" && value.kind == Kind::string)
    ret_rule.change = value.text;
  else
    return Error{Errc::unsupported, "the rule has a member \"" + name + "\" that this version can't follow"};
  return std::nullopt;
}

}  // namespace

std::string path_of(kv::StoreId store, std::string_view balancer) {
  return std::string(rules_prefix) + std::string(kv::to_string(store)) + "/" + std::string(balancer);
}

std::optional<kv::StoreId> store_named(std::string_view name) {
  for (const auto store : {kv::StoreId::meta, kv::StoreId::dist, kv::StoreId::inbox, kv::StoreId::retain})
    if (kv::to_string(store) == name) return store;
  return std::nullopt;
}

std::string text_of(const Rule& rule) {
  std::string text = "{";
  if (rule.is_enabled) text += std::string("\"enable\":") + (*rule.is_enabled ? "true," : "false,");
  if (rule.order) text += "\"order\":" + std::to_string(*rule.order) + ",";
  return text + "\"options\":" + rule.options_json + ",\"reason\":" + config::json_quoted(rule.reason) +
         ",\"change\":" + config::json_quoted(rule.change) + "}";
}

std::optional<RulePlace> place_of_path(std::string_view path) {
  if (!path.starts_with(rules_prefix)) return std::nullopt;
  path.remove_prefix(rules_prefix.size());
  const std::size_t slash = std::min(path.find('/'), path.size());
  const auto store = store_named(path.substr(0, slash));
  const std::string_view balancer = path.substr(std::min(slash + 1, path.size()));
  if (!store || balancer.empty()) return std::nullopt;
  return RulePlace{*store, std::string(balancer)};
}

std::optional<ReadRule> read_rule(std::string_view path, const service::meta::ValueRecord& record) {
  auto place = place_of_path(path);
  if (!place) return std::nullopt;
  ReadRule read;
  Rule& rule = read.rule;
  rule.store = place->store;
  rule.balancer = std::move(place->balancer);
  rule.version = record.version;
  rule.by = record.who;
  rule.set_ms = record.stamp_ms;
  const auto value = read_object(record.value);
  if (!value) read.error = Error{Errc::unsupported, "the rule is no JSON object"};
  if (value)
    for (const config::Member& member : value->members)
      if (auto error = read_member(member.key, member.value, rule)) read.error = std::move(error);
  return read;
}

Result<Rule> change_rule(Rule rule, const admin::RuleChange& change) {
  if (change.enable) rule.is_enabled = change.enable;
  if (change.order) {
    if (*change.order > order_max)
      return wrong(place_of(rule.store, rule.balancer) + ".order: at most " + std::to_string(order_max));
    rule.order = change.order;
  }
  const auto changed = read_object(change.options_json);
  if (!changed) return wrong(place_of(rule.store, rule.balancer) + ".options: this is no JSON object");
  Value options = object_of(rule.options_json);
  for (const config::Member& member : changed->members) {
    if (Value* present = options.find(member.key); present && member.value.kind != Kind::null)
      *present = member.value;
    else if (present)
      std::erase_if(options.members, [&](const config::Member& one) { return one.key == member.key; });
    else if (member.value.kind != Kind::null)
      options.members.push_back(member);
  }
  rule.options_json = to_json(options);
  rule.reason = change.reason;
  return rule;
}

EffectiveBalancer effective_balancer(kv::StoreId store, const config::BalancerSettings& conf,
                                     const Rule* rule) {
  EffectiveBalancer balancer;
  balancer.store = store;
  balancer.is_enabled = rule ? rule->is_enabled.value_or(conf.is_enabled) : conf.is_enabled;
  balancer.order = rule ? rule->order.value_or(conf.order) : conf.order;
  Value options = object_of(conf.options_json);
  const Value own = object_of(rule ? rule->options_json : "{}");
  config::merge_options(options, own);
  // As conf.d has them, byte by byte, where there is nothing to lay over.
  balancer.options_json = own.members.empty() ? conf.options_json : to_json(options);

  admin::BalancerRule& shown = balancer.shown;
  shown.store = kv::to_string(store);
  shown.balancer = conf.name;
  if (rule) {
    shown.version = rule->version;
    shown.by = rule->by;
    shown.reason = rule->reason;
    shown.set_ms = rule->set_ms;
  }
  const auto add = [&](const std::string& name, std::string json, bool is_ruled) {
    const auto said = conf.origins.find(name);
    shown.values.push_back({name, std::move(json),
                            is_ruled                     ? "rule " + std::to_string(shown.version)
                            : said == conf.origins.end() ? "default"
                                                         : said->second});
  };
  add("enable", balancer.is_enabled ? "true" : "false", rule && rule->is_enabled);
  add("order", std::to_string(balancer.order), rule && rule->order);
  for (const config::Member& member : options.members)
    add("options." + member.key, to_json(member.value), own.find(member.key) != nullptr);
  return balancer;
}

}  // namespace tenon::node
