#include <array>

#include "admin/json/base64.h"
#include "admin/json/json_body.h"
#include "admin/json/messages_json.h"
#include "admin/path_text.h"
#include "admin/routes/later.h"
#include "admin/routes/query_parts.h"
#include "admin/routes/routes.h"
#include "base/topic_syntax.h"
#include "base/utf8.h"

namespace tenon::admin {

namespace {

HttpAnswer no_messages() {
  return problem(404, "this broker takes no messages");
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
  message.content_type = body.text("content_type");
  message.response_topic = body.text("response_topic");
  message.user_properties = body.pairs("user_properties").value_or(decltype(message.user_properties)());
  const auto correlation = body.text("correlation_data_base64");
  if (const Status sound = body.end({"topic"}); !sound) return sound.error();
  if (!is_topic_name(message.topic)) return Error{Errc::invalid, "\"topic\" is no topic name"};
  if (message.response_topic && !is_topic_name(*message.response_topic))
    return Error{Errc::invalid, "\"response_topic\" is no topic name"};
  if (payload.has_value() == base64.has_value())
    return Error{Errc::invalid, "one of \"payload\", a text, and \"payload_base64\" is to be there"};
  auto bytes = base64 ? bytes_of_base64(*base64) : payload;
  if (!bytes) return Error{Errc::invalid, "\"payload_base64\" is no base64"};
  message.payload = std::move(*bytes);
  message.is_text = payload.has_value();
  if (correlation) message.correlation_data = bytes_of_base64(*correlation);
  if (correlation && !message.correlation_data)
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
  static constexpr std::string_view known[] = {"tenant", "filter", "cursor", "limit"};
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
  wanted.cursor = *cursor;
  wanted.limit = *limit;
  return answer_later<RetainedPage>(
      [messages, wanted](Then<RetainedPage> then) { messages->list_retained(wanted, then); },
      retained_page_json);
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
    {{"POST", "/api/v1/publish", Access::owner, Role::operate}, publish},
    {{"GET", "/api/v1/retained"}, list_retained},
    {{"GET", "/api/v1/retained/{topic}"},
     on_retained<RetainedStatus, &MessageSource::show_retained, retained_json>},
    {{"DELETE", "/api/v1/retained/{topic}", Access::owner, Role::operate},
     on_retained<bool, &MessageSource::delete_retained, deleted_json>},
}};

}  // namespace

std::span<const Route> message_routes() {
  return routes;
}

}  // namespace tenon::admin
