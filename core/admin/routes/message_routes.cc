#include <array>

#include "admin/json/base64.h"
#include "admin/json/json_body.h"
#include "admin/json/messages_json.h"
#include "admin/path_text.h"
#include "admin/routes/later.h"
#include "admin/routes/query_parts.h"
#include "admin/routes/routes.h"
#include "base/text/topic_syntax.h"
#include "base/text/utf8.h"

namespace tenon::admin {

namespace {

// A message is 16 MiB at most where it can be kept; in base64.
constexpr std::size_t message_body_bytes_max = std::size_t{24} << 20;

HttpAnswer no_messages() {
  return problem(404, "this broker takes no messages");
}

// What MQTT forbids in its texts would make clients end their links, again and again where it is retained
// [MQTT-1.5.4-1] [MQTT-1.5.4-2].
Status check_texts(const OutgoingMessage& message) {
  const CarriedProperties& carried = message.properties;
  const auto wrong = [](const char* name) {
    return Error{Errc::invalid, "\"" + std::string(name) + "\" holds what no text of MQTT may hold"};
  };
  if (!is_well_formed_text(message.topic)) return wrong("topic");
  if (carried.response_topic && !is_well_formed_text(*carried.response_topic)) return wrong("response_topic");
  if (carried.content_type && !is_well_formed_text(*carried.content_type)) return wrong("content_type");
  for (const auto& [name, value] : carried.user_properties)
    if (!is_well_formed_text(name) || !is_well_formed_text(value)) return wrong("user_properties");
  return {};
}

Result<OutgoingMessage> read_message(const std::string& text) {
  JsonBody body(text);
  OutgoingMessage message;
  message.topic = body.text("topic").value_or("");
  const auto payload = body.text("payload");
  const auto base64 = body.text("payload_base64");
  message.qos = static_cast<std::uint32_t>(body.number("qos", 0, 2).value_or(0));
  message.retain = body.flag("retain").value_or(false);
  if (const auto expiry = body.number("expiry_s", 1, UINT32_MAX))
    message.expiry_s = static_cast<std::uint32_t>(*expiry);
  CarriedProperties& carried = message.properties;
  const auto format = body.text("payload_format");
  carried.is_text = format ? format == "text" : payload && is_well_formed_text(*payload);
  carried.content_type = body.text("content_type");
  carried.response_topic = body.text("response_topic");
  carried.user_properties = body.pairs("user_properties").value_or(decltype(carried.user_properties)());
  const auto correlation = body.text("correlation_data_base64");
  if (const Status sound = body.end({"topic"}); !sound) return sound.error();
  if (!is_topic_name(message.topic)) return Error{Errc::invalid, "\"topic\" is no topic name"};
  if (carried.response_topic && !is_topic_name(*carried.response_topic))
    return Error{Errc::invalid, "\"response_topic\" is no topic name"};
  if (const Status sound = check_texts(message); !sound) return sound.error();
  if (payload.has_value() == base64.has_value())
    return Error{Errc::invalid, "one of \"payload\", a text, and \"payload_base64\" is to be there"};
  if (format && format != "text" && format != "bytes")
    return Error{Errc::invalid, "\"payload_format\" is neither text nor bytes"};
  auto bytes = base64 ? bytes_of_base64(*base64) : payload;
  if (!bytes) return Error{Errc::invalid, "\"payload_base64\" is no base64"};
  message.payload = std::move(*bytes);
  // What is said of bytes is carried as it is said, as publishers over MQTT may say it.
  if (carried.is_text && payload && !is_well_formed_text(message.payload))
    return Error{Errc::invalid, "the payload is no text in UTF-8, as \"payload_format\" says"};
  if (correlation) carried.correlation_data = bytes_of_base64(*correlation);
  if (correlation && !carried.correlation_data)
    return Error{Errc::invalid, "\"correlation_data_base64\" is no base64"};
  return message;
}

HttpAnswer publish(const ApiParts& parts, const Call& call) {
  MessageSource* const messages = parts.messages;
  if (!messages) return no_messages();
  auto message = read_message(call.request.body);
  if (!message) return problem(message.error());
  return answer_later<Published>(
      [messages, message = std::move(*message)](Then<Published> then) { messages->publish(message, then); },
      published_json);
}

HttpAnswer list_retained(const ApiParts& parts, const Call& call) {
  MessageSource* const messages = parts.messages;
  if (!messages) return no_messages();
  static constexpr std::string_view known[] = {"tenant", "filter", "payloads", "cursor", "limit"};
  const auto query = Query::read(call.request.query, known);
  if (!query) return problem(query.error());
  RetainedQuery wanted;
  wanted.tenant = tenant_of(*query);
  wanted.filter = query->has("filter") ? query->get("filter") : "#";
  if (!is_topic_filter(wanted.filter)) return problem(400, "the query's filter is no topic filter");
  const auto cursor = cursor_bytes(query->get("cursor"));
  if (!cursor) return problem(400, "the query's cursor is none that a page gave");
  const auto limit = query->number("limit", wanted.limit, limit_max);
  if (!limit) return problem(limit.error());
  const std::string_view payloads = query->has("payloads") ? query->get("payloads") : "false";
  if (payloads != "true" && payloads != "false")
    return problem(400, "the query's payloads is neither true nor false");
  wanted.cursor = *cursor;
  wanted.limit = *limit;
  return answer_later<RetainedPage>(
      [messages, wanted](Then<RetainedPage> then) { messages->list_retained(wanted, then); },
      payloads == "true" ? whole_retained_page_json : retained_page_json);
}

template <class T, void (MessageSource::*action)(const TopicName&, Then<T>), std::string (*to_json)(const T&)>
HttpAnswer on_retained(const ApiParts& parts, const Call& call) {
  MessageSource* const messages = parts.messages;
  if (!messages) return no_messages();
  static constexpr std::string_view known[] = {"tenant"};
  const auto query = Query::read(call.request.query, known);
  if (!query) return problem(query.error());
  TopicName name{tenant_of(*query), call.part};
  if (!is_topic_name(name.topic)) return problem(400, "the path has no topic name");
  return answer_later<T>(
      [messages, name = std::move(name)](Then<T> then) { (messages->*action)(name, then); }, to_json);
}

constexpr std::array<Route, 4> routes = {{
    {{"POST", "/api/v1/publish", Access::owner, Role::operate, message_body_bytes_max}, publish},
    {{"GET", "/api/v1/retained"}, list_retained, Takes::query},
    {{"GET", "/api/v1/retained/{topic}"},
     on_retained<RetainedStatus, &MessageSource::show_retained, retained_json>,
     Takes::query},
    {{"DELETE", "/api/v1/retained/{topic}", Access::owner, Role::operate},
     on_retained<bool, &MessageSource::delete_retained, deleted_json>,
     Takes::query},
}};

}  // namespace

std::span<const Route> message_routes() {
  return routes;
}

}  // namespace tenon::admin
