#include "bin/ctl/retain/retain_line.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "bin/ctl/api_client.h"

namespace tenon::ctl {

namespace {

using Json = nlohmann::ordered_json;

// Of a line; all but the one with the time are those of a message to be published, too.
constexpr std::string_view members[] = {
    "topic",           "qos",          "payload",        "payload_base64",
    "payload_format",  "content_type", "response_topic", "correlation_data_base64",
    "user_properties", "expires_at_ms"};

std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Error wrong(std::string what) {
  return {Errc::invalid, std::move(what)};
}

bool is_known(const std::string& name) {
  return std::find(std::begin(members), std::end(members), name) != std::end(members);
}

bool is_empty_text(const Json& message, const char* name) {
  const auto value = message.find(name);
  return value != message.end() && value->is_string() && value->get_ref<const std::string&>().empty();
}

Status check_line(const Json& message) {
  if (!message.is_object()) return wrong("it is no JSON object");
  for (const auto& [name, value] : message.items())
    if (!is_known(name)) return wrong("\"" + name + "\" is not known here");
  const auto topic = message.find("topic");
  if (topic == message.end() || !topic->is_string()) return wrong("\"topic\" is missing, or no text");
  if (message.contains("payload") == message.contains("payload_base64"))
    return wrong("one of \"payload\" and \"payload_base64\" is to be there");
  if (is_empty_text(message, "payload") || is_empty_text(message, "payload_base64"))
    return wrong("a message without a payload would remove what is retained");
  const auto expires = message.find("expires_at_ms");
  if (expires != message.end() && !expires->is_number_integer())
    return wrong("\"expires_at_ms\" is no whole number");
  if (expires != message.end() && expires->is_number_unsigned() && expires->get<std::uint64_t>() > INT64_MAX)
    return wrong("\"expires_at_ms\" is later than any time");
  return {};
}

}  // namespace

Result<std::vector<std::string>> lines_of_page(std::string_view page, std::string* ret_cursor) {
  try {
    const Json json = Json::parse(page);
    std::vector<std::string> lines;
    for (Json message : json.at("messages")) {
      message.erase("payload_bytes");
      lines.push_back(text_of(message) + "\n");
    }
    *ret_cursor = json.value("cursor", "");
    return lines;
  } catch (const Json::exception&) {
    return unknown_answer();
  }
}

Result<std::optional<std::string>> message_of_line(std::string_view line, std::int64_t now_ms) {
  Json message = Json::parse(line, nullptr, false);
  if (const Status sound = check_line(message); !sound) return sound.error();
  if (const auto expires = message.find("expires_at_ms"); expires != message.end()) {
    const auto at_ms = expires->get<std::int64_t>();
    if (at_ms <= now_ms) return std::optional<std::string>();
    const std::int64_t rest_ms = at_ms - now_ms;
    message.erase("expires_at_ms");
    message["expiry_s"] = std::min<std::int64_t>(rest_ms / 1000 + (rest_ms % 1000 != 0), UINT32_MAX);
  }
  message["retain"] = true;
  return std::optional(text_of(message));
}

}  // namespace tenon::ctl
