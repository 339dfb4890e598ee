#include "admin/json/messages_json.h"

#include <nlohmann/json.hpp>
#include <string_view>

#include "admin/json/base64.h"
#include "admin/path_text.h"
#include "base/text/utf8.h"

namespace tenon::admin {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t short_text_bytes_max = 4096;

std::string text_of(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

// What becomes of a well-formed text in JSON, between its quotes.
std::size_t escaped_bytes(std::string_view text) {
  std::size_t bytes = 0;
  for (const char letter : text) {
    const bool has_short = std::string_view("\"\\\b\f\n\r\t").find(letter) != std::string_view::npos;
    bytes += has_short ? 2 : static_cast<unsigned char>(letter) < 0x20 ? 6 : 1;
  }
  return bytes;
}

// As a text unless that makes much more of it than base64 does; a short one is for people to read.
bool is_shown_as_text(std::string_view payload) {
  if (!is_well_formed_text(payload)) return false;
  const std::size_t bytes = escaped_bytes(payload);
  const bool is_short = payload.size() <= short_text_bytes_max && bytes <= payload.size() * 2;
  return is_short || bytes <= (payload.size() + 2) / 3 * 4;
}

Json head_of(const RetainedStatus& message) {
  Json json = {{"topic", message.topic}, {"qos", message.qos}, {"payload_bytes", message.payload.size()}};
  if (message.expires_at_ms != 0) json["expires_at_ms"] = message.expires_at_ms;
  return json;
}

// The same members as those of a message that is published.
Json whole_of(const RetainedStatus& message) {
  const CarriedProperties& carried = message.properties;
  Json json = head_of(message);
  const bool is_text = is_shown_as_text(message.payload);
  json[is_text ? "payload" : "payload_base64"] = is_text ? message.payload : base64_of(message.payload);
  json["payload_format"] = carried.is_text ? "text" : "bytes";
  if (carried.content_type) json["content_type"] = *carried.content_type;
  if (carried.response_topic) json["response_topic"] = *carried.response_topic;
  if (carried.correlation_data) json["correlation_data_base64"] = base64_of(*carried.correlation_data);
  if (!carried.user_properties.empty()) json["user_properties"] = Json::array();
  for (const auto& [name, value] : carried.user_properties)
    json["user_properties"].push_back(Json::array({name, value}));
  return json;
}

std::string page_of(const RetainedPage& page, Json (*json_of)(const RetainedStatus& message)) {
  Json json = {{"messages", Json::array()}};
  for (const RetainedStatus& message : page.messages) json["messages"].push_back(json_of(message));
  if (page.cursor) json["cursor"] = cursor_text(*page.cursor);
  return text_of(json);
}

}  // namespace

std::string published_json(const Published& published) {
  return text_of({{"matched", published.matched}});
}

std::string retained_page_json(const RetainedPage& page) {
  return page_of(page, head_of);
}

std::string whole_retained_page_json(const RetainedPage& page) {
  return page_of(page, whole_of);
}

std::string retained_json(const RetainedStatus& message) {
  return text_of(whole_of(message));
}

std::string deleted_json(const bool& existed) {
  return text_of({{"existed", existed}});
}

}  // namespace tenon::admin
