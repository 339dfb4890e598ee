#include "bin/ctl/range_commands.h"

#include <nlohmann/json.hpp>

#include "bin/ctl/follow.h"
#include "bin/ctl/table.h"

namespace tenon::ctl {

namespace {

using Json = nlohmann::ordered_json;

std::string joined(const Json& texts) {
  std::string out;
  for (const Json& text : texts) out += (out.empty() ? "" : ",") + text.get<std::string>();
  return out.empty() ? "-" : out;
}

std::string or_dash(const Json& text) {
  const auto value = text.get<std::string>();
  return value.empty() ? "-" : value;
}

// The most that a member lacks; at the leader's node.
std::string lag_of(const Json& replica) {
  std::uint64_t most = 0;
  for (const auto& [node, entries] : replica.at("lags").items())
    most = std::max(most, entries.get<std::uint64_t>());
  return replica.at("role") == "leader" ? std::to_string(most) : "-";
}

std::string size_of(const Json& replica) {
  const auto size = replica.find("size_bytes");
  if (size == replica.end()) return "-";
  const auto bytes = size->get<std::uint64_t>();
  return bytes < (10u << 20) ? std::to_string(bytes >> 10) + "K" : std::to_string(bytes >> 20) + "M";
}

void add_row(Table& table, const Json& range) {
  const auto replica = range.find("replica");
  const bool has_replica = replica != range.end();
  table.add({range.at("id").get<std::string>(), range.at("store").get<std::string>(),
             or_dash(range.at("begin")), or_dash(range.at("end")), range.at("epoch").get<std::string>(),
             or_dash(range.at("leader")), joined(range.at("voters")), joined(range.at("learners")),
             has_replica ? replica->at("role").get<std::string>() : "-",
             has_replica ? std::to_string(replica->at("applied").get<std::uint64_t>()) : "-",
             has_replica ? lag_of(*replica) : "-",
             has_replica ? std::to_string(replica->at("commands_per_s").get<std::uint64_t>()) : "-",
             has_replica ? size_of(*replica) : "-"});
}

// What has to be decided about it; empty: nothing.
std::string note_on(const Json& range) {
  const std::string id = shown(range.at("id").get<std::string>());
  const auto replica = range.find("replica");
  if (replica != range.end() && replica->at("role") == "kept")
    return "Range " + id +
           " was recovered by others on nothing but silence, and this node holds what may not be in it.\n";
  if (!range.value("provisional", false)) return {};
  const std::string missing = shown(joined(range.at("missing")));
  return "Range " + id + " is provisional: it was recovered on nothing but silence" +
         (missing == "-" ? "" : " of " + missing) +
         ". If who was silent is lost for good: node remove for each, or range recover " + id +
         " --confirm.\n";
}

std::string path_of(const Arguments& arguments) {
  const std::string range = "/api/v1/ranges/" + arguments.range;
  switch (arguments.command) {
    case Command::range_split:
      return range + "/split";
    case Command::range_merge:
      return range + "/merge";
    case Command::range_members:
      return range + "/members";
    case Command::range_recover:
      return range + "/recover";
    default:
      return range + "/transfer";
  }
}

// "a,b" as ["a", "b"].
Json list_of(const std::string& text) {
  Json list = Json::array();
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    list.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return list;
}

std::string body_of(const Arguments& arguments) {
  Json body = Json::object();
  if (!arguments.to.empty()) body["to"] = arguments.to;
  if (!arguments.key.empty()) body["key"] = arguments.key;
  if (arguments.half) body["half"] = true;
  if (arguments.by_load) body["by_load"] = true;
  if (!arguments.with.empty()) body["with"] = arguments.with;
  if (!arguments.voters.empty()) body["voters"] = list_of(arguments.voters);
  if (!arguments.learners.empty()) body["learners"] = list_of(arguments.learners);
  if (arguments.confirm) body["confirm"] = true;
  if (!arguments.epoch.empty()) body["epoch"] = arguments.epoch;
  if (!arguments.reason.empty()) body["reason"] = arguments.reason;
  return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

Result<std::string> ranges_view(const std::string& json) {
  try {
    Table table({"RANGE", "STORE", "BEGIN", "END", "EPOCH", "LEADER", "VOTERS", "LEARNERS", "HERE", "APPLIED",
                 "LAG", "CMD/S", "SIZE"});
    const Json answer = Json::parse(json);
    std::string notes;
    for (const Json& range : answer.at("ranges")) {
      add_row(table, range);
      notes += note_on(range);
    }
    return table.to_text() + notes;
  } catch (const Json::exception&) {
    return unknown_answer();
  }
}

Result<std::string> list_ranges(const ApiClient& broker, OutputForm form) {
  Result<std::string> body = broker.get("/api/v1/ranges");
  if (!body) return body;
  Result<std::string> view = ranges_view(*body);
  return !view || form == OutputForm::table ? view : body;
}

Result<std::string> order_range(const ApiClient& broker, const Arguments& arguments) {
  return follow(broker, broker.post(path_of(arguments), body_of(arguments)), "/api/v1/orders/",
                arguments.output);
}

}  // namespace tenon::ctl
