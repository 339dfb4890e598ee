#include "admin/json/bans_json.h"

#include <nlohmann/json.hpp>

#include "admin/path_text.h"

namespace tenon::admin {

namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json ban_of(const BanStatus& ban) {
  Json json = {{"kind", ban.name.kind}, {"pattern", ban.name.pattern}, {"reason", ban.reason},
               {"by", ban.by},          {"set_ms", ban.set_ms},        {"version", ban.version}};
  // What is not there never comes.
  if (ban.until_ms != INT64_MAX) json["until_ms"] = ban.until_ms;
  return json;
}

}  // namespace

std::string ban_json(const BanStatus& ban) {
  return text_of(ban_of(ban));
}

std::string bans_json(const BanPage& page) {
  Json json = {{"bans", Json::array()}, {"flapping", Json::array()}, {"missing_nodes", page.missing_nodes}};
  for (const BanStatus& ban : page.bans) json["bans"].push_back(ban_of(ban));
  for (const FlapStatus& one : page.flapping)
    json["flapping"].push_back({{"node", one.node},
                                {"tenant", one.tenant},
                                {"client_id", one.client_id},
                                {"address", one.address},
                                {"remaining_s", one.remaining_s}});
  if (page.cursor) json["cursor"] = cursor_text(*page.cursor);
  return text_of(json);
}

}  // namespace tenon::admin
