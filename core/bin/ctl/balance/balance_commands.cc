#include "bin/ctl/balance/balance_commands.h"

#include <nlohmann/json.hpp>

#include "bin/ctl/table.h"

namespace tenon::ctl {

namespace {

using Json = nlohmann::ordered_json;

std::string number(const Json& value) {
  return std::to_string(value.get<std::uint64_t>());
}

std::uint64_t sum_of(const Json& counts) {
  std::uint64_t sum = 0;
  for (const auto& [cause, count] : counts.items()) sum += count.get<std::uint64_t>();
  return sum;
}

std::string planner_line(const Json& answer) {
  const auto planner = shown(answer.at("planner").get<std::string>());
  if (answer.at("is_planner").get<bool>()) return "this node plans (" + planner + ")\n";
  return planner.empty() ? "nobody is known to plan\n"
                         : "node " + planner + " plans; ask it for what follows to be of now\n";
}

std::string words_of(const Json& balancer) {
  const auto failure = balancer.at("failure").get<std::string>();
  if (failure.empty() && !balancer.at("has_planned").get<bool>()) return "-";
  return shown(failure.empty() ? balancer.at("reason").get<std::string>() : "FAILED: " + failure);
}

std::string text_of(const Json& decision) {
  const auto state = decision.at("state").get<std::string>();
  const auto why = shown(decision.at("why").get<std::string>());
  std::string text = "    range " + shown(decision.at("range").get<std::string>()) + ": " +
                     shown(decision.at("command").get<std::string>()) + "\n      because " +
                     shown(decision.at("reason").get<std::string>()) + "\n      " + shown(state);
  if (state == "given") return text + " as command " + number(decision.at("number")) + "\n";
  const auto cause = shown(decision.at("cause").get<std::string>());
  return text + (cause.empty() ? "" : " (" + cause + ")") + ": " + why + "\n";
}

std::string text_of_balancer(const Json& balancer) {
  const Json& inputs = balancer.at("inputs");
  std::string text = shown(balancer.at("store").get<std::string>()) + "/" +
                     shown(balancer.at("name").get<std::string>()) + "\n  ";
  if (!balancer.at("has_planned").get<bool>()) return text + "has not planned here\n";
  text += std::to_string(balancer.at("planned_ms_ago").get<std::int64_t>() / 1000) + " s ago, over " +
          number(inputs.at("nodes_alive")) + " nodes, " + number(inputs.at("nodes_gone")) + " gone, " +
          number(inputs.at("ranges")) + " ranges, " + number(inputs.at("ranges_busy")) + " busy, " +
          number(inputs.at("ranges_leaderless")) + " without a leader\n  " + words_of(balancer) + "\n";
  for (const Json& decision : balancer.at("decisions")) text += text_of(decision);
  const auto all = balancer.at("decision_count").get<std::uint64_t>();
  if (const auto left = all - balancer.at("decisions").size(); left > 0)
    text += "    and " + std::to_string(left) + " more\n";
  return text;
}

std::string text_of_given(const Json& given) {
  const auto detail = shown(given.at("detail").get<std::string>());
  return "  " + number(given.at("number")) + ", " +
         std::to_string(given.at("given_ms_ago").get<std::int64_t>() / 1000) + " s before the last round, " +
         shown(given.at("store").get<std::string>()) + "/" + shown(given.at("balancer").get<std::string>()) +
         ": range " + shown(given.at("range").get<std::string>()) + ": " +
         shown(given.at("command").get<std::string>()) + ": " + shown(given.at("state").get<std::string>()) +
         (detail.empty() ? "" : ": " + detail) + "\n";
}

}  // namespace

Result<std::string> balance_status_view(const std::string& json) {
  try {
    const Json answer = Json::parse(json);
    Table table({"STORE", "BALANCER", "RULE", "PLANS", "DONE", "FAILED", "HELD", "REFUSED", "LAST PLAN"});
    for (const Json& balancer : answer.at("balancers")) {
      const Json& counts = balancer.at("counts");
      const std::string rule = number(balancer.at("rule"));
      table.add({balancer.at("store").get<std::string>(), balancer.at("name").get<std::string>(),
                 rule == "0" ? "-" : rule, number(counts.at("plans")), number(counts.at("done")),
                 number(counts.at("failed")), number(counts.at("held")),
                 std::to_string(sum_of(counts.at("refused"))), words_of(balancer)});
    }
    return planner_line(answer) + table.to_text();
  } catch (const Json::exception&) {
    return unknown_answer();
  }
}

Result<std::string> balance_explain_view(const std::string& json) {
  try {
    const Json answer = Json::parse(json);
    std::string text = planner_line(answer);
    for (const Json& balancer : answer.at("balancers")) text += "\n" + text_of_balancer(balancer);
    if (!answer.at("commands").empty()) text += "\ncommands\n";
    for (const Json& given : answer.at("commands")) text += text_of_given(given);
    return text;
  } catch (const Json::exception&) {
    return unknown_answer();
  }
}

Result<std::string> show_balance(const ApiClient& broker, const Arguments& arguments) {
  if (arguments.command == Command::balance_view) return broker.get("/api/v1/balance/view");
  Result<std::string> body = broker.get("/api/v1/balance");
  if (!body) return body;
  Result<std::string> view =
      arguments.command == Command::balance_status ? balance_status_view(*body) : balance_explain_view(*body);
  return !view || arguments.output == OutputForm::table ? view : body;
}

}  // namespace tenon::ctl
