#include "admin/json/messages_json.h"

#include <nlohmann/json.hpp>

#include "admin/json/base64.h"
#include "admin/path_text.h"
#include "base/utf8.h"

namespace tenon::admin {

namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json head_of(const RetainedStatus& message) {
  Json json = {{"topic", message.topic}, {"qos", message.qos}, {"payload_bytes", message.payload.size()}};
  if (message.expires_at_ms != 0) json["expires_at_ms"] = message.expires_at_ms;
  return json;
}

}  // namespace

std::string published_json(const Published& published) {
  return text_of({{"matched", published.matched}});
}

std::string retained_page_json(const RetainedPage& page) {
  Json json = {{"messages", Json::array()}};
  for (const RetainedStatus& message : page.messages) json["messages"].push_back(head_of(message));
  if (page.cursor) json["cursor"] = cursor_text(*page.cursor);
  return text_of(json);
}

std::string retained_json(const RetainedStatus& message) {
  Json json = head_of(message);
  if (is_well_formed_text(message.payload))
    json["payload"] = message.payload;
  else
    json["payload_base64"] = base64_of(message.payload);
  return text_of(json);
}

std::string deleted_json(const bool& existed) {
  return text_of({{"existed", existed}});
}

}  // namespace tenon::admin
