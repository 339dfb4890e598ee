#include "admin/json/reports_json.h"

#include <nlohmann/json.hpp>

namespace tenon::admin {

std::string reports_json(const std::vector<ReportStatus>& reports) {
  using Json = nlohmann::ordered_json;
  Json json;
  json["reports"] = Json::array();
  for (const ReportStatus& report : reports)
    json["reports"].push_back({{"file", report.file},
                               {"range", std::to_string(report.range)},
                               {"incarnation", std::to_string(report.incarnation)},
                               {"bytes", report.bytes}});
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace tenon::admin
