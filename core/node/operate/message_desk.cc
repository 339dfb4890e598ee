#include "node/operate/message_desk.h"

#include "base/text/tenant_topic.h"
#include "kv/state_view.h"
#include "mqtt/byte_buffer.h"
#include "mqtt/encode.h"
#include "node/operate/range_questions.h"
#include "service/retain/retain_key.h"
#include "service/retain/retain_ops.h"

namespace tenon::node {

namespace retain = service::retain;
using mqtt::ReasonCode;

namespace {

constexpr std::uint64_t page_bytes_max = 1 << 20;

Error no_message(const std::string& topic) {
  return {Errc::not_found, "no message is retained for the topic \"" + topic + "\""};
}

// Of a property whose value is a length of two bytes and so many more; empty: it is not there.
std::optional<std::string> long_property(Bytes forwarded, mqtt::PropertyId id) {
  const mqtt::PropertyCursor cursor(forwarded, id);
  if (cursor.at_end()) return std::nullopt;
  return std::string(as_text(Bytes(cursor.value() + 2, load_be16(cursor.value()))));
}

// The other way round than write_properties().
admin::CarriedProperties read_properties(Bytes forwarded) {
  admin::CarriedProperties carried;
  const mqtt::PropertyCursor format(forwarded, mqtt::PropertyId::payload_format_indicator);
  carried.is_text =
      !format.at_end() && *format.value() == static_cast<std::uint8_t>(mqtt::PayloadFormat::text);
  carried.content_type = long_property(forwarded, mqtt::PropertyId::content_type);
  carried.response_topic = long_property(forwarded, mqtt::PropertyId::response_topic);
  carried.correlation_data = long_property(forwarded, mqtt::PropertyId::correlation_data);
  for (const mqtt::UserProperty pair : mqtt::UserProperties(forwarded, forwarded.size()))
    carried.user_properties.emplace_back(pair.name, pair.value);
  return carried;
}

admin::RetainedStatus status_of(const retain::Retained& retained) {
  const session::MessageView& view = retained.message.view;
  return {std::string(view.topic), std::string(as_text(view.payload)), static_cast<std::uint32_t>(view.qos),
          view.expires_at_ms, read_properties(view.forwarded)};
}

// What is handed on of the message's properties; false: they can't be expressed.
bool write_properties(const admin::CarriedProperties& message, mqtt::ByteBuffer& ret_bytes) {
  mqtt::ByteBuffer pairs;
  for (const auto& [name, value] : message.user_properties)
    if (mqtt::append_user_property(pairs.writer(), name, value) != mqtt::EncodeStatus::ok) return false;
  mqtt::MessageProperties properties;
  if (message.is_text) properties.payload_format = mqtt::PayloadFormat::text;
  if (message.content_type) properties.content_type = *message.content_type;
  if (message.response_topic) properties.response_topic = *message.response_topic;
  if (message.correlation_data) properties.correlation_data = as_bytes(*message.correlation_data);
  if (!message.user_properties.empty()) properties.user = mqtt::UserProperties(pairs.bytes());
  return mqtt::append_forwarded(ret_bytes.writer(), properties) == mqtt::EncodeStatus::ok;
}

Error failure_of(ReasonCode code) {
  if (code == ReasonCode::quota_exceeded)
    return {
        Errc::invalid,
        "the message can't be kept: mqtt.retained_count_max is reached, or it is larger than ranges take"};
  return no_answer_of_range();
}

Error lacks_routes() {
  return {Errc::busy, "this node has not caught up with the routes of its cluster yet"};
}

// When all of `waits` is over, or at once.
template <class Fn>
void when_over(const std::shared_ptr<broker::Countdown>& waits, Fn fn) {
  if (waits && waits->open())
    waits->wait(std::move(fn));
  else
    fn(ReasonCode::success);
}

}  // namespace

void MessageDesk::publish(const admin::OutgoingMessage& message, admin::Then<admin::Published> then) {
  in_turn([this, message, then = std::move(then)] {
    home_.when_routes_known([this, message, then](bool are_known) {
      if (!are_known) return then(lacks_routes());
      publish_now(message, then);
    });
  });
}

void MessageDesk::publish_now(const admin::OutgoingMessage& message,
                              const admin::Then<admin::Published>& then) {
  mqtt::ByteBuffer forwarded;
  if (!write_properties(message.properties, forwarded))
    return then(Error{Errc::invalid, "a property is longer than MQTT can say, 65535 bytes"});
  session::MessageView view;
  view.topic = message.topic;
  view.payload = as_bytes(message.payload);
  view.forwarded = forwarded.bytes();
  const auto limits = home_.tables().message_limits.get();
  if (view.content_bytes() > limits.packet_bytes_max)
    return then(Error{Errc::invalid, "the message has " + std::to_string(view.content_bytes()) +
                                         " bytes; mqtt.packet_bytes_max allows " +
                                         std::to_string(limits.packet_bytes_max)});
  if (!limits.takes_topic(view.topic))
    return then(Error{Errc::invalid,
                      "the topic is longer than mqtt.topic_bytes_max and mqtt.topic_levels_max allow"});
  view.qos = static_cast<mqtt::QoS>(message.qos);
  view.retain = message.retain;
  if (message.expiry_s) view.expires_at_ms = home_.time().unix_ms + std::int64_t{*message.expiry_s} * 1000;
  host::InterceptedMessage who;
  who.flags = TENON_INTERCEPT_OPERATOR;
  who.tenant = retain::tenant_of(message.topic);
  home_.intercept(who, view,
                  [this, then](const host::InterceptOutcome& outcome, const session::MessageView& changed) {
                    using Decision = host::InterceptOutcome::Decision;
                    if (outcome.decision == Decision::publish) return send_late(changed, then);
                    if (outcome.decision == Decision::drop) return then(admin::Published{false});
                    then(Error{Errc::invalid, "the message was refused: " + outcome.why});
                  });
}

// The routes may be gone again since an interceptor was asked.
void MessageDesk::send_late(const session::MessageView& view, const admin::Then<admin::Published>& then) {
  home_.when_routes_known([this, message = session::Message::make(view), then](bool are_known) {
    if (!are_known) return then(lacks_routes());
    send(message->view(), then);
  });
}

void MessageDesk::send(const session::MessageView& view, const admin::Then<admin::Published>& then) {
  session::Publication publication(view);
  auto waits = std::make_shared<broker::Countdown>();
  // Stored before it is matched, as with clients: a new subscriber sees it as retained, or live, or both.
  const auto reached = view.retain ? home_.make_reached() : nullptr;
  if (view.retain)
    if (const ReasonCode code = home_.keep_retained(publication, retain::tenant_of(view.topic), waits,
                                                    broker::StoreClient::Patience::in_time, reached);
        mqtt::is_failure(code))
      return then(failure_of(code));
  const Ref<routing::MatchSet> set = home_.receivers_of(view.topic).set;
  if (reached) reached->set = set;
  const bool matched = set->reaches(view.qos);
  home_.route(publication, set, home_.context().spread,
              view.qos == mqtt::QoS::at_most_once ? nullptr : &waits);
  when_over(waits, [then, matched](ReasonCode code) {
    if (mqtt::is_failure(code)) return then(failure_of(code));
    then(admin::Published{matched});
  });
}

void MessageDesk::show_retained(const admin::TopicName& name, admin::Then<admin::RetainedStatus> then) {
  in_turn([this, name, then = std::move(then)] {
    ask_range<retain::Question>(home_, store::StoreId::retain, retain::key_of(name.tenant, name.topic),
                                retain::Get{name.tenant, name.topic},
                                [name, then](Result<retain::Get::Reply>&& reply, const std::string&) {
                                  if (!reply.ok()) return then(reply.error());
                                  if (!reply->message) return then(no_message(name.topic));
                                  then(status_of(*reply->message));
                                });
  });
}

void MessageDesk::delete_retained(const admin::TopicName& name, admin::Then<bool> then) {
  show_retained(name, [this, name, then = std::move(then)](Result<admin::RetainedStatus>&& found) {
    if (!found.ok()) return then(found.error());
    in_turn([this, name, then] { remove_now(name, then); });
  });
}

// A retained message without a payload removes the topic's.
void MessageDesk::remove_now(const admin::TopicName& name, const admin::Then<bool>& then) {
  session::MessageView view;
  view.topic = name.topic;
  view.retain = true;
  view.qos = mqtt::QoS::at_least_once;
  session::Publication publication(view);
  auto waits = std::make_shared<broker::Countdown>();
  if (const ReasonCode code = home_.keep_retained(publication, name.tenant, waits); mqtt::is_failure(code))
    return then(failure_of(code));
  when_over(waits, [then](ReasonCode code) {
    if (mqtt::is_failure(code)) return then(failure_of(code));
    then(true);
  });
}

namespace {

// The page while it is filled, from one range after the other.
struct RetainedListing {
  admin::RetainedQuery query;
  std::string end;  // of the tenant's keys
  admin::RetainedPage page;
  admin::Then<admin::RetainedPage> then;
};

void ask_retained(broker::Shard& shard, const std::shared_ptr<RetainedListing>& listing,
                  const std::string& from) {
  const admin::RetainedQuery& query = listing->query;
  retain::Collect question;
  question.tenant = query.tenant;
  question.filter = query.filter;
  question.cursor = from;
  question.count_max = query.limit - static_cast<std::uint32_t>(listing->page.messages.size());
  question.bytes_max = page_bytes_max;
  ask_range<retain::Question>(
      shard, store::StoreId::retain, from, question,
      [&shard, listing, from](Result<retain::Collect::Reply>&& reply, const std::string& end) {
        if (!reply.ok()) return listing->then(reply.error());
        for (const retain::Retained& retained : reply->messages)
          listing->page.messages.push_back(status_of(retained));
        std::string next(reply->cursor.empty() ? std::string_view(end) : reply->cursor);
        if (next.empty() || next >= listing->end) return listing->then(std::move(listing->page));
        if (next <= from) return listing->then(no_answer_of_range());
        // A page ends where a range has said so, for its bytes or its time; so does no range's end.
        const bool is_full = listing->page.messages.size() >= listing->query.limit || !reply->cursor.empty();
        if (!is_full) return ask_retained(shard, listing, next);
        listing->page.cursor = std::move(next);
        listing->then(std::move(listing->page));
      });
}

}  // namespace

void MessageDesk::list_retained(const admin::RetainedQuery& query, admin::Then<admin::RetainedPage> then) {
  in_turn([this, query, then = std::move(then)] {
    auto listing = std::make_shared<RetainedListing>();
    listing->query = query;
    // "#" does not reach behind the mark of a tenant, and nothing else is kept for its clients.
    const std::string prefix = is_tenant_name(query.tenant) ? tenant_prefix(query.tenant) : std::string();
    if (!query.filter.starts_with(prefix)) listing->query.filter.insert(0, prefix);
    listing->end = kv::end_of_prefix(retain::tenant_prefix(query.tenant));
    listing->then = then;
    const std::string first = retain::FilterSeek(query.tenant, listing->query.filter).first();
    if (first.empty()) return then(admin::RetainedPage{});
    ask_retained(home_, listing, std::max(query.cursor, first));
  });
}

}  // namespace tenon::node
