#include "bin/ctl/commands/ban_views.h"

#include "bin/ctl/commands/view_text.h"

namespace tenon::ctl {

namespace {

std::string until_of(const Json& ban) {
  const auto until = ban.find("until_ms");
  return until == ban.end() ? "removed" : time_text(until->get<std::int64_t>());
}

}  // namespace

Result<std::string> bans_view(const std::string& json) {
  const Json page = Json::parse(json);
  Table table({"KIND", "PATTERN", "UNTIL", "BY", "REASON"});
  for (const Json& ban : page.at("bans"))
    table.add({text_at(ban, "kind"), text_at(ban, "pattern"), until_of(ban), text_at(ban, "by"),
               text_at(ban, "reason")});
  std::string out = table.to_text();
  for (const Json& one : page.at("flapping"))
    out += "node " + shown(text_at(one, "node")) + " keeps out client " + shown(text_at(one, "client_id")) +
           " from " + shown(text_at(one, "address")) + " for " + number_at(one, "remaining_s") +
           " s more: it connects again and again\n";
  return with_rest(out, page);
}

Result<std::string> ban_view(const std::string& json) {
  const Json ban = Json::parse(json);
  return line_of(text_at(ban, "kind"), text_at(ban, "pattern")) + line_of("until", until_of(ban)) +
         line_of("reason", text_at(ban, "reason")) + line_of("by", text_at(ban, "by")) +
         line_of("set", time_text(ban.at("set_ms").get<std::int64_t>())) +
         line_of("version", number_at(ban, "version"));
}

Result<std::string> ban_set_view(const std::string& json) {
  const Json ban = Json::parse(json);
  return "banned until " + until_of(ban) + ", version " + number_at(ban, "version") + "\n";
}

}  // namespace tenon::ctl
