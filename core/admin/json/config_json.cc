#include "admin/json/config_json.h"

#include <nlohmann/json.hpp>

namespace tenon::admin {

namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json value_of(const std::string& json) {
  Json value = Json::parse(json, nullptr, false);
  return value.is_discarded() ? Json(json) : value;
}

const char* takes_effect(bool needs_restart) {
  return needs_restart ? "restart" : "reload";
}

}  // namespace

std::string config_json(const ConfigReport& report) {
  Json json = {{"values", Json::array()}, {"files", report.files}};
  for (const ConfigValue& value : report.values) {
    Json item = {{"key", value.key},
                 {"value", value_of(value.json)},
                 {"origin", value.origin},
                 {"changes_by", value.is_ruled ? "rule" : takes_effect(value.needs_restart)},
                 {"is_waiting", value.is_waiting}};
    if (value.wins_over)
      item["wins_over"] = {{"value", value_of(value.wins_over->json)}, {"origin", value.wins_over->origin}};
    json["values"].push_back(std::move(item));
  }
  return text_of(json);
}

std::string config_diff_json(const ConfigDiff& diff) {
  Json json = {{"changes", Json::array()}};
  for (const ConfigChange& change : diff.changes) {
    Json item = {{"key", change.key}, {"changes_by", takes_effect(change.needs_restart)}};
    if (change.before) item["before"] = value_of(*change.before);
    if (change.after) item["after"] = value_of(*change.after);
    if (!change.origin.empty()) item["origin"] = change.origin;
    json["changes"].push_back(std::move(item));
  }
  return text_of(json);
}

std::string reload_json(const ReloadReport& report) {
  Json json = {{"applied", report.applied},
               {"restart", report.restart},
               {"plugins_restart", report.plugins_restart},
               {"plugins_refused", Json::array()},
               {"tokens", report.tokens}};
  for (const ReloadReport::Refusal& one : report.plugins_refused)
    json["plugins_refused"].push_back({{"plugin", one.plugin}, {"reason", one.reason}});
  return text_of(json);
}

std::string log_levels_json(const std::vector<LogAreaStatus>& areas) {
  Json json = {{"areas", Json::array()}};
  for (const LogAreaStatus& area : areas) {
    Json item = {{"area", area.area}, {"level", area.level}, {"configured", area.configured}};
    if (area.remaining_s != 0) item["remaining_s"] = area.remaining_s;
    json["areas"].push_back(std::move(item));
  }
  return text_of(json);
}

}  // namespace tenon::admin
