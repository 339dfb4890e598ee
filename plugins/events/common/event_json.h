#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <nlohmann/json.hpp>
#include <tenon/kind/events.hpp>

namespace tenon::events_common {

using Json = nlohmann::ordered_json;

// "client_connected"; "event-N" for types of a newer broker.
std::string name_of(std::uint32_t type);
// "2024-05-01T12:00:00.250Z"
std::string time_text(std::int64_t unix_ms);

enum class Payload : std::uint8_t { left_out, shown };
// The event as an object. Members that say nothing are left out. Payloads that are text are "payload", others
// "payload_base64".
Json to_json(const sdk::EventView& event, Payload payload);
// Texts of the object that are longer are cut between two characters, and say how long they were: "aaa...
// (65000 bytes)".
void cut_texts(Json& json, std::size_t bytes_max);
// On one line, without its end. Bytes that are no UTF-8 become U+FFFD; characters that end lines elsewhere,
// steer terminals or change the direction of text are escaped.
std::string line_of(const Json& json);

}  // namespace tenon::events_common
