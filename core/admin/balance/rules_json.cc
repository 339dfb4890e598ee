#include "admin/balance/rules_json.h"

#include <nlohmann/json.hpp>

#include "admin/balance/masked_value.h"
#include "admin/json/json_bounds.h"

namespace tenon::admin {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint32_t order_max = 1000;  // as conf.d has it

constexpr std::size_t reason_bytes_max = 500;
constexpr std::size_t options_bytes_max = 16'384;

std::string text_of(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Error wrong(std::string text) {
  return {Errc::invalid, std::move(text)};
}

Json rule_of(const BalancerRule& rule) {
  Json values = Json::array();
  for (const auto& value : rule.values)
    values.push_back({{"name", value.name},
                      {"value", masked_value(value.name, Json::parse(value.json, nullptr, false))},
                      {"origin", value.origin}});
  return {{"store", rule.store},     {"balancer", rule.balancer},  {"version", rule.version},
          {"by", rule.by},           {"reason", rule.reason},      {"set_ms", rule.set_ms},
          {"failure", rule.failure}, {"values", std::move(values)}};
}

Status read_text(const std::string& name, const Json& value, std::string& ret_text) {
  if (!value.is_string()) return wrong("\"" + name + "\" is no text");
  ret_text = value.get<std::string>();
  if (ret_text.size() > reason_bytes_max) return wrong("\"" + name + "\" is longer than 500 bytes");
  return {};
}

Status read_options(const Json& value, std::string& ret_json) {
  if (!value.is_object()) return wrong("\"options\" is no object");
  ret_json = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (ret_json.size() > options_bytes_max) return wrong("\"options\" is longer than 16384 bytes");
  return {};
}

Status read_member(const std::string& name, const Json& value, RuleChange& ret_change) {
  if (name == "reason") return read_text(name, value, ret_change.reason);
  if (name == "version") {
    if (!value.is_number_unsigned()) return wrong("\"version\" is no version, as the list of rules shows it");
    ret_change.version = value.get<std::uint64_t>();
    return {};
  }
  if (ret_change.removes) return wrong("\"" + name + "\" is not known here");
  if (name == "options") return read_options(value, ret_change.options_json);
  if (name == "enable") {
    if (!value.is_boolean()) return wrong("\"enable\" is neither true nor false");
    ret_change.enable = value.get<bool>();
    return {};
  }
  if (name == "order") {
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() > order_max)
      return wrong("\"order\" is no number from 0 to " + std::to_string(order_max));
    ret_change.order = value.get<std::uint32_t>();
    return {};
  }
  return wrong("\"" + name + "\" is not known here");
}

}  // namespace

std::string rules_json(const RuleReport& report) {
  Json rules = Json::array();
  for (const BalancerRule& rule : report.rules) rules.push_back(rule_of(rule));
  Json audit = Json::array();
  for (const RuleAudit& one : report.audit)
    audit.push_back({{"revision", one.revision},
                     {"at_ms", one.at_ms},
                     {"by", one.by},
                     {"store", one.store},
                     {"balancer", one.balancer},
                     {"action", one.removed ? "removed" : "set"}});
  return text_of({{"balancers", std::move(rules)}, {"audit", std::move(audit)}});
}

std::string rule_change_json(const RuleChangeStatus& change) {
  return text_of({{"id", std::to_string(change.id)},
                  {"store", change.store},
                  {"balancer", change.balancer},
                  {"state", change.state},
                  {"detail", change.detail},
                  {"version", change.version}});
}

Result<RuleChange> read_rule_change(bool removes, std::string_view body) {
  if (!is_within(body)) return wrong("the body has too many values, or is nested too deeply");
  const Json json = Json::parse(body, nullptr, false);
  if (!json.is_object()) return wrong("the body is no JSON object");
  RuleChange change;
  change.removes = removes;
  for (const auto& [name, value] : json.items())
    if (const Status read = read_member(name, value, change); !read) return read.error();
  if (!removes && !change.enable && !change.order && change.options_json == "{}")
    return wrong("nothing is said: one of \"enable\", \"order\" and \"options\" is needed");
  return change;
}

}  // namespace tenon::admin
