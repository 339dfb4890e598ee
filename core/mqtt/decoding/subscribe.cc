#include "base/text/topic_syntax.h"
#include "mqtt/decode.h"
#include "mqtt/decoding/property_reader.h"
#include "mqtt/decoding/reader.h"

namespace tenon::mqtt {
namespace {

using decoding::Reader;

// Subscription options (MQTT 5.0 §3.8.3.1); 3.x has the QoS bits only.
constexpr std::uint8_t qos_bits = 0x03;
constexpr std::uint8_t no_local_bit = 0x04;
constexpr std::uint8_t retain_as_published_bit = 0x08;
constexpr std::uint8_t retain_handling_shift = 4;
constexpr std::uint8_t v5_reserved_bits = 0xC0;
constexpr std::uint8_t v3_reserved_bits = 0xFC;

std::string_view text_at(Bytes bytes) {
  return as_text(bytes.subspan(2, load_be16(bytes.data())));
}

// The filter of a shared subscription is what follows the group; the whole is bounded by its two-byte length.
bool read_filter(Reader& in, Version version, std::string_view& out) {
  constexpr const char* field = "topic filter";
  // [MQTT-3.8.3-1] [MQTT-3.10.3-1]
  if (!in.text(field, out)) return false;
  constexpr auto code = ReasonCode::topic_filter_invalid;
  // [MQTT-4.7.3-1]
  if (out.empty()) return in.fail(code, field, "is empty");
  SplitFilter split;
  split.pattern = out;
  if (version == Version::v5) split = split_filter(out);
  // [MQTT-4.8.2-1] [MQTT-4.8.2-2]
  if (!split.well_shaped)
    return in.fail(code, field, "of a shared subscription lacks a group name or a filter");
  // [MQTT-4.7.1-1] [MQTT-4.7.1-2] (3.1.1: [MQTT-4.7.1-2] [MQTT-4.7.1-3])
  return is_topic_filter(split.pattern) ? true : in.fail(code, field, "has a misplaced wildcard");
}

bool check_options(Reader& in, Version version, std::string_view filter, std::uint8_t options) {
  constexpr const char* field = "subscription options";
  // [MQTT-3.8.3-5] (3.1.1: [MQTT-3-8.3-4])
  if (options & (version == Version::v5 ? v5_reserved_bits : v3_reserved_bits))
    return in.malformed(field, "have reserved bits set");
  // MQTT 5.0 §3.8.3.1; 3.1.1: [MQTT-3-8.3-4]
  if ((options & qos_bits) == 3) return in.fail(ReasonCode::protocol_error, field, "have QoS 3");
  if ((options >> retain_handling_shift) == 3)
    return in.fail(ReasonCode::protocol_error, field, "have retain handling 3");
  // [MQTT-3.8.3-4]
  if ((options & no_local_bit) && split_filter(filter).sharing != Sharing::none)
    return in.fail(ReasonCode::protocol_error, field, "have No Local on a shared subscription");
  return true;
}

bool read_subscriptions(Reader& in, Version version, SubscriptionList& out) {
  const Bytes encoded = in.rest();
  std::size_t count = 0;
  for (; !in.at_end(); ++count) {
    std::string_view filter;
    std::uint8_t options = 0;
    if (!read_filter(in, version, filter) || !in.byte("subscription options", options)) return false;
    if (!check_options(in, version, filter, options)) return false;
  }
  out = SubscriptionList(encoded, count);
  // [MQTT-3.8.3-2] (3.1.1: [MQTT-3.8.3-3])
  return count > 0 ? true : in.fail(ReasonCode::protocol_error, "SUBSCRIBE", "has no topic filter");
}

bool read_filters(Reader& in, Version version, FilterList& out) {
  const Bytes encoded = in.rest();
  std::size_t count = 0;
  std::string_view filter;
  for (; !in.at_end(); ++count)
    if (!read_filter(in, version, filter)) return false;
  out = FilterList(encoded, count);
  // [MQTT-3.10.3-2]
  return count > 0 ? true : in.fail(ReasonCode::protocol_error, "UNSUBSCRIBE", "has no topic filter");
}

bool is_v3_suback_code(std::uint8_t code) {
  return code <= 2 || code == 0x80;
}

// [MQTT-3.9.3-2] [MQTT-3.11.3-2]
bool read_codes(Reader& in, PacketType type, Version version, ReasonCodes& out) {
  const Bytes codes = in.rest();
  for (const std::uint8_t code : codes) {
    const bool listed = version == Version::v5
                            ? is_listed(static_cast<ReasonCode>(code), type, Sender::server)
                            : is_v3_suback_code(code);
    if (!listed) return in.malformed("reason code", "is not one of this packet");
  }
  out = ReasonCodes(codes);
  // [MQTT-3.8.4-6] (3.1.1: [MQTT-3.8.4-5]): one per filter, of which there is at least one.
  return !codes.empty() ? true : in.fail(ReasonCode::protocol_error, "packet", "has no reason code");
}

Decoded<Suback> decode_codes(const Frame& frame, Version version) {
  return decoding::run<Suback>(frame.body, [&](Reader& in, Suback& out) {
    if (!in.packet_id(out.packet_id)) return false;
    if (version == Version::v5 && !decoding::read_properties(in, out.properties)) return false;
    if (version != Version::v5 && frame.type == PacketType::unsuback) return in.nothing_left("UNSUBACK");
    return read_codes(in, frame.type, version, out.codes);
  });
}

}  // namespace

Subscription SubscriptionList::Iterator::operator*() const {
  Subscription result;
  result.filter = text_at(rest_);
  const std::uint8_t options = rest_[2 + result.filter.size()];
  result.qos = static_cast<QoS>(options & qos_bits);
  result.no_local = (options & no_local_bit) != 0;
  result.retain_as_published = (options & retain_as_published_bit) != 0;
  result.retain_handling = static_cast<RetainHandling>(options >> retain_handling_shift);
  return result;
}

SubscriptionList::Iterator& SubscriptionList::Iterator::operator++() {
  rest_ = rest_.subspan(2u + load_be16(rest_.data()) + 1u);
  return *this;
}

std::string_view FilterList::Iterator::operator*() const {
  return text_at(rest_);
}

FilterList::Iterator& FilterList::Iterator::operator++() {
  rest_ = rest_.subspan(2u + load_be16(rest_.data()));
  return *this;
}

Decoded<Subscribe> decode_subscribe(const Frame& frame, Version version) {
  return decoding::run<Subscribe>(frame.body, [&](Reader& in, Subscribe& out) {
    if (!in.packet_id(out.packet_id)) return false;
    if (version == Version::v5 && !decoding::read_properties(in, out.properties)) return false;
    return read_subscriptions(in, version, out.subscriptions);
  });
}

Decoded<Unsubscribe> decode_unsubscribe(const Frame& frame, Version version) {
  return decoding::run<Unsubscribe>(frame.body, [&](Reader& in, Unsubscribe& out) {
    if (!in.packet_id(out.packet_id)) return false;
    if (version == Version::v5 && !decoding::read_properties(in, out.properties)) return false;
    return read_filters(in, version, out.filters);
  });
}

Decoded<Suback> decode_suback(const Frame& frame, Version version) {
  return decode_codes(frame, version);
}
Decoded<Suback> decode_unsuback(const Frame& frame, Version version) {
  return decode_codes(frame, version);
}

}  // namespace tenon::mqtt
