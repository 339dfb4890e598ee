#include "common/event_json.h"

#include <cstdio>
#include <ctime>
#include <iterator>
#include <span>
#include <string_view>

#include "shared/base64.h"

namespace tenon::events_common {

namespace {

// By type; the first is none.
constexpr const char* names[] = {
    "",           "client_connected", "client_disconnected", "client_refused", "client_banned",
    "subscribed", "unsubscribed",     "message_published",   "session_ended",  "message_refused"};
static_assert(std::size(names) == TENON_EVENT_TYPE_LAST + 1);

void add(Json& json, const char* name, std::string_view text) {
  if (!text.empty()) json[name] = text;
}

const char* version_text(std::uint32_t version) {
  switch (version) {
    case 3:
      return "3.1";
    case 4:
      return "3.1.1";
    case 5:
      return "5.0";
    default:
      return "";
  }
}

// As RFC 3629 says it; without U+0000, which many can't take.
bool is_text(std::string_view bytes) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  for (std::size_t i = 0; i < bytes.size();) {
    const unsigned first = at(i);
    const std::size_t more = first < 0x80 ? 0 : first < 0xC2 ? 9 : first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
    if (first == 0 || first > 0xF4 || more == 9 || i + more >= bytes.size()) return false;
    for (std::size_t k = 1; k <= more; ++k)
      if ((at(i + k) & 0xC0) != 0x80) return false;
    if (more == 0) {
      ++i;
      continue;
    }
    const unsigned second = at(i + 1);
    const bool is_bad = (first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
                        (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F);
    if (is_bad) return false;
    i += more + 1;
  }
  return true;
}

std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// A character that JSON lets stand in a text, though it ends a line, steers a terminal or changes the
// direction of text. No bytes: none.
struct Harmful {
  std::uint32_t code = 0;
  std::size_t bytes = 0;
};

// At the beginning of the text. REQUIRES: it is not empty, and UTF-8 from some character on.
Harmful harmful_at(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  if (byte(0) == 0x7F) return {0x7F, 1};
  if (byte(0) == 0xC2 && byte(1) < 0xA0) return {byte(1), 2};
  if (byte(0) == 0xD8 && byte(1) == 0x9C) return {0x061C, 2};
  if (byte(0) != 0xE2) return {};
  const std::uint32_t code = 0x2000 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F);
  const bool is_harmful = code == 0x200E || code == 0x200F || (code >= 0x2028 && code <= 0x202E) ||
                          (code >= 0x2066 && code <= 0x2069);
  return is_harmful ? Harmful{code, 3} : Harmful{};
}

}  // namespace

std::string name_of(std::uint32_t type) {
  if (type == 0 || type >= std::size(names)) return "event-" + std::to_string(type);
  return names[type];
}

std::string time_text(std::int64_t unix_ms) {
  const std::time_t seconds = static_cast<std::time_t>(unix_ms / 1000);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[80];
  std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", parts.tm_year + 1900,
                parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                static_cast<int>(unix_ms % 1000));
  return text;
}

Json to_json(const sdk::EventView& event, Payload payload) {
  Json json{{"time", time_text(event.unix_ms())}, {"event", name_of(event.type())}};
  add(json, "tenant", event.tenant());
  add(json, "client_id", event.client_id());
  add(json, "user", event.user());
  add(json, "peer", event.peer());
  add(json, "listener", event.listener());
  add(json, "version", version_text(event.version()));
  if (event.type() == TENON_EVENT_CLIENT_CONNECTED) json["session_present"] = event.has(TENON_EVENT_PRESENT);
  add(json, "topic", event.topic());
  if (!event.topic().empty()) json["qos"] = event.qos();
  if (event.has(TENON_EVENT_RETAIN)) json["retain"] = true;
  if (event.has(TENON_EVENT_WILL)) json["will"] = true;
  if (payload == Payload::shown && event.type() == TENON_EVENT_MESSAGE_PUBLISHED) {
    if (is_text(event.payload()))
      json["payload"] = event.payload();
    else
      json["payload_base64"] = encode_base64(bytes_of(event.payload()));
    if (event.has(TENON_EVENT_TRUNCATED)) json["payload_truncated"] = true;
  }
  if (event.code() != 0) json["code"] = event.code();
  add(json, "reason", event.reason());
  return json;
}

void cut_texts(Json& json, std::size_t bytes_max) {
  for (auto& member : json) {
    if (!member.is_string()) continue;
    auto& text = member.get_ref<std::string&>();
    if (text.size() <= bytes_max) continue;
    const std::string mark = "... (" + std::to_string(text.size()) + " bytes)";
    std::size_t end = bytes_max;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    text.resize(end);
    text += mark;
  }
}

std::string line_of(const Json& json) {
  const std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  std::string line;
  line.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const Harmful found = harmful_at(std::string_view(text).substr(at));
    if (found.bytes == 0) {
      line += text[at++];
      continue;
    }
    char escaped[7];
    std::snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned>(found.code));
    line += escaped;
    at += found.bytes;
  }
  return line;
}

}  // namespace tenon::events_common
