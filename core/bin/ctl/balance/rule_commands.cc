#include "bin/ctl/balance/rule_commands.h"

#include <ctime>
#include <nlohmann/json.hpp>

#include "bin/ctl/follow.h"
#include "bin/ctl/table.h"

namespace tenon::ctl {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t origin_column = 64;

// Who set the rule, and why.
std::string head_of(const Json& rule, const std::string& place) {
  std::string text;
  if (const auto version = rule.at("version").get<std::uint64_t>(); version != 0) {
    const auto reason = shown(rule.at("reason").get<std::string>());
    text = "# rule " + std::to_string(version) + " for " + place + ", by " +
           shown(rule.at("by").get<std::string>()) + (reason.empty() ? "" : ": " + reason) + "\n";
  }
  if (const auto failure = shown(rule.at("failure").get<std::string>()); !failure.empty())
    text += "# " + place + " DOES NOT RUN HERE: " + failure + "\n";
  return text;
}

std::string text_of(const Json& rule) {
  const std::string place = "stores." + shown(rule.at("store").get<std::string>()) + ".balancers." +
                            shown(rule.at("balancer").get<std::string>());
  std::string text = head_of(rule, place);
  for (const Json& value : rule.at("values")) {
    std::string line = place + "." + shown(value.at("name").get<std::string>()) + " = " +
                       shown(value.at("value").dump(-1, ' ', false, Json::error_handler_t::replace));
    if (line.size() < origin_column) line.resize(origin_column, ' ');
    text += line + "  # " + shown(value.at("origin").get<std::string>()) + "\n";
  }
  return text;
}

// "# 2026-11-27T05:20:00Z: inbox/replica-cnt set by owner at 00000000000000a1, version 12"
std::string audit_line(const Json& change) {
  const auto seconds = static_cast<std::time_t>(change.at("at_ms").get<std::int64_t>() / 1000);
  std::tm utc{};
  char when[32] = "";
  if (::gmtime_r(&seconds, &utc) != nullptr) (void)std::strftime(when, sizeof when, "%FT%TZ", &utc);
  const auto action = shown(change.at("action").get<std::string>());
  return "# " + std::string(when) + ": " + shown(change.at("store").get<std::string>()) + "/" +
         shown(change.at("balancer").get<std::string>()) + " " + action + " by " +
         shown(change.at("by").get<std::string>()) +
         (action == "set" ? ", version " + std::to_string(change.at("revision").get<std::uint64_t>()) : "") +
         "\n";
}

}  // namespace

Result<std::string> rules_view(const std::string& json) {
  try {
    std::string text;
    const Json answer = Json::parse(json);
    for (const Json& rule : answer.at("balancers")) text += text_of(rule);
    for (const Json& change : answer.at("audit")) text += audit_line(change);
    return text;
  } catch (const Json::exception&) {
    return unknown_answer();
  }
}

Result<std::string> rule_body(const Arguments& arguments) {
  Json body = Json::object();
  if (!arguments.enable.empty()) body["enable"] = arguments.enable == "true";
  if (!arguments.order.empty()) body["order"] = Json::parse(arguments.order, nullptr, false);
  if (!arguments.options.empty()) {
    body["options"] = Json::parse(arguments.options, nullptr, false);
    if (!body["options"].is_object()) return Error{Errc::invalid, "--options is no JSON object"};
  }
  if (!arguments.if_version.empty()) body["version"] = Json::parse(arguments.if_version, nullptr, false);
  if (!arguments.reason.empty()) body["reason"] = arguments.reason;
  return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<std::string> show_rules(const ApiClient& broker, OutputForm form) {
  Result<std::string> body = broker.get("/api/v1/balance/rules");
  if (!body) return body;
  Result<std::string> view = rules_view(*body);
  return !view || form == OutputForm::table ? view : body;
}

Result<std::string> change_rule(const ApiClient& broker, const Arguments& arguments) {
  const auto body = rule_body(arguments);
  if (!body) return body.error();
  const std::string path = "/api/v1/balance/rules/" + arguments.balancer +
                           (arguments.command == Command::balance_unset ? "/remove" : "");
  return follow(broker, broker.post(path, *body), "/api/v1/balance/changes/", arguments.output);
}

}  // namespace tenon::ctl
