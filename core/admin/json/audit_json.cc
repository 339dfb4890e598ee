#include "admin/json/audit_json.h"

#include <nlohmann/json.hpp>

#include "admin/path_text.h"

namespace tenon::admin {

using Json = nlohmann::ordered_json;

std::string audit_json(const AuditPage& page) {
  Json json = {{"entries", Json::array()}};
  for (const AuditEntry& entry : page.entries)
    json["entries"].push_back({{"revision", entry.revision},
                               {"at_ms", entry.at_ms},
                               {"by", entry.by},
                               {"action", entry.removed ? "removed" : "set"},
                               {"path", entry.path}});
  if (page.next) json["cursor"] = cursor_text(std::to_string(*page.next));
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace tenon::admin
