#include "bin/ctl/commands/audit_views.h"

#include "bin/ctl/commands/view_text.h"

namespace tenon::ctl {

Result<std::string> audit_view(const std::string& json) {
  const Json page = Json::parse(json);
  Table table({"TIME", "REVISION", "ACTION", "WHAT", "BY"});
  for (const Json& entry : page.at("entries"))
    table.add({time_text(entry.at("at_ms").get<std::int64_t>()), number_at(entry, "revision"),
               text_at(entry, "action"), text_at(entry, "path"), text_at(entry, "by")});
  return with_rest(table.to_text(), page);
}

}  // namespace tenon::ctl
