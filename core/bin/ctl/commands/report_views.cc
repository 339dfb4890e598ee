#include "bin/ctl/commands/report_views.h"

#include "bin/ctl/commands/view_text.h"

namespace tenon::ctl {

Result<std::string> reports_view(const std::string& json) {
  const Json answer = Json::parse(json);
  Table table({"RANGE", "INCARNATION", "BYTES", "FILE"});
  for (const Json& report : answer.at("reports"))
    table.add({text_at(report, "range"), text_at(report, "incarnation"), number_at(report, "bytes"),
               text_at(report, "file")});
  return answer.at("reports").empty() ? "nothing was given up here\n" : table.to_text();
}

}  // namespace tenon::ctl
