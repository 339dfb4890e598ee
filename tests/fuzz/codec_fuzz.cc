// Fuzzes core/mqtt. The first byte of an input chooses version, sender, limits and whether the stream starts
// before the handshake; the rest is a stream of packets.
//
// What must hold for every packet that decodes: decoding is deterministic and stays inside the packet's bytes
// (each is decoded from an exact-sized copy), and what is encoded from it decodes to the same again, within
// its size limit.

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "mqtt/byte_buffer.h"
#include "mqtt/decode.h"
#include "mqtt/encode.h"
#include "mqtt/frame.h"

namespace tenon::mqtt {
namespace {

// A packet as text: two packets are equal when their texts are.
class Text {
 public:
  Text& add(std::string_view value) {
    out_ += std::to_string(value.size()) + ':';
    out_ += value;
    return *this;
  }
  Text& add(Bytes value) { return add(as_text(value)); }
  template <class Number>
  requires std::is_arithmetic_v<Number> || std::is_enum_v<Number> Text& add(Number value) {
    out_ += std::to_string(static_cast<std::uint64_t>(value)) + ' ';
    return *this;
  }
  template <class T>
  Text& add(const std::optional<T>& value) {
    out_ += value ? '+' : '-';
    return value ? add(*value) : *this;
  }
  Text& add(const UserProperties& value) {
    std::size_t bytes = 0;
    for (const auto& [name, text] : value) {
      add(name).add(text);
      bytes += 5 + name.size() + text.size();
    }
    TENON_BUG(bytes == value.encoded_bytes(), "user properties know their size");
    out_ += '|';
    return *this;
  }
  const std::string& str() const { return out_; }

 private:
  std::string out_;
};

void describe(Text& out, const ConnectProperties& p) {
  out.add(p.session_expiry_s).add(p.receive_maximum).add(p.packet_bytes_max).add(p.topic_alias_maximum);
  out.add(p.request_response_information).add(p.request_problem_information);
  out.add(p.authentication_method).add(p.authentication_data).add(p.user);
}

void describe(Text& out, const MessageProperties& p) {
  out.add(p.payload_format).add(p.message_expiry_s).add(p.content_type).add(p.response_topic);
  out.add(p.correlation_data).add(p.user).add(p.forwarded.encoded_bytes());
}

void describe(Text& out, const AckProperties& p) {
  out.add(p.reason_string).add(p.user);
}

std::string describe(const Connect& p) {
  Text out;
  out.add(p.version).add(p.clean_start).add(p.keep_alive_s).add(p.client_id).add(p.user_name).add(p.password);
  describe(out, p.properties);
  if (p.will) {
    out.add(p.will->qos).add(p.will->retain).add(p.will->topic).add(p.will->payload);
    out.add(p.will->properties.will_delay_s);
    describe(out, p.will->properties);
  }
  return out.str();
}

std::string describe(const Connack& packet) {
  Text out;
  const ConnackProperties& p = packet.properties;
  out.add(packet.session_present).add(packet.reason).add(p.session_expiry_s).add(p.receive_maximum);
  out.add(p.maximum_qos).add(p.retain_available).add(p.packet_bytes_max).add(p.assigned_client_id);
  out.add(p.topic_alias_maximum).add(p.reason_string).add(p.user).add(p.wildcard_subscription_available);
  out.add(p.subscription_ids_available).add(p.shared_subscription_available).add(p.server_keep_alive_s);
  out.add(p.response_information)
      .add(p.server_reference)
      .add(p.authentication_method)
      .add(p.authentication_data);
  return out.str();
}

std::string describe(const Publish& p) {
  Text out;
  out.add(p.dup).add(p.qos).add(p.retain).add(p.topic).add(p.packet_id).add(p.payload);
  out.add(p.properties.topic_alias).add(p.properties.subscription_ids.size());
  for (const std::uint32_t id : p.properties.subscription_ids) out.add(id);
  describe(out, p.properties);
  return out.str();
}

std::string describe(const Ack& p) {
  Text out;
  out.add(p.type).add(p.packet_id).add(p.reason);
  describe(out, p.properties);
  return out.str();
}

std::string describe(const Subscribe& p) {
  Text out;
  out.add(p.packet_id).add(p.properties.subscription_id).add(p.properties.user).add(p.subscriptions.size());
  for (const Subscription& s : p.subscriptions)
    out.add(s.filter).add(s.qos).add(s.no_local).add(s.retain_as_published).add(s.retain_handling);
  return out.str();
}

std::string describe(const Unsubscribe& p) {
  Text out;
  out.add(p.packet_id).add(p.properties.user).add(p.filters.size());
  for (const std::string_view filter : p.filters) out.add(filter);
  return out.str();
}

std::string describe(const Suback& p) {
  Text out;
  out.add(p.packet_id).add(p.codes.size());
  for (std::size_t i = 0; i < p.codes.size(); ++i) out.add(p.codes[i]);
  describe(out, p.properties);
  return out.str();
}

std::string describe(const Disconnect& p) {
  Text out;
  out.add(p.reason).add(p.properties.session_expiry_s).add(p.properties.reason_string);
  out.add(p.properties.user).add(p.properties.server_reference);
  return out.str();
}

std::string describe(const Auth& p) {
  Text out;
  out.add(p.reason).add(p.properties.authentication_method).add(p.properties.authentication_data);
  out.add(p.properties.reason_string).add(p.properties.user);
  return out.str();
}

std::vector<ReasonCode> codes_of(const Suback& packet) {
  std::vector<ReasonCode> codes;
  for (std::size_t i = 0; i < packet.codes.size(); ++i) codes.push_back(packet.codes[i]);
  return codes;
}

template <class List>
auto vector_of(const List& list) {
  std::vector<typename List::Iterator::value_type> items;
  for (const auto& item : list) items.push_back(item);
  return items;
}

// What one input chose.
struct Setting {
  Version version;
  Sender sender;
  std::uint32_t encode_bytes_max;
};

// Encodes by `encode(writer, limits)`, decodes by `decode(frame)` and compares with `expected`.
template <class Encode, class Decode>
void round_trip(const Setting& setting, const std::string& expected, Encode encode, Decode decode) {
  ByteBuffer buffer;
  EncodeLimits limits{.version = setting.version};
  TENON_BUG(encode(buffer.writer(), limits) == EncodeStatus::ok, "a decoded packet can be encoded");
  FrameRules rules = rules_for(setting.version, setting.sender, packet_bytes_limit);
  rules.types |= PacketTypeSet::of(PacketType::connect, PacketType::connack);
  const FrameResult found = find_frame(buffer.bytes(), rules);
  TENON_BUG(found.status == FrameStatus::ready, "an encoded packet is a frame");
  TENON_BUG(found.size_bytes == buffer.bytes().size(), "an encoded packet is one frame");
  const auto again = decode(found.frame);
  TENON_BUG(again.ok(), "an encoded packet decodes");
  TENON_BUG(describe(*again) == expected, "an encoded packet says the same");

  limits.packet_bytes_max = setting.encode_bytes_max;
  buffer.clear();
  const EncodeStatus status = encode(buffer.writer(), limits);
  TENON_BUG(status == EncodeStatus::ok || buffer.bytes().empty(), "failure writes nothing");
  TENON_BUG(buffer.bytes().size() <= setting.encode_bytes_max, "limits hold");
  if (status == EncodeStatus::ok)
    TENON_BUG(decode(find_frame(buffer.bytes(), rules).frame).ok(), "a shortened packet decodes");
}

// Decodes twice; when it works, encodes and decodes again. Returns whether the packet was legal.
template <class Decode, class EncodePacket>
bool check(const Setting& setting, const Frame& frame, Decode decode, EncodePacket encode_packet) {
  const auto packet = decode(frame);
  const auto second = decode(frame);
  TENON_BUG(packet.ok() == second.ok(), "decoding is deterministic");
  if (!packet) {
    TENON_BUG(is_failure(packet.error().code) && !to_string(packet.error()).empty(), "refusals say why");
    return false;
  }
  const std::string text = describe(*packet);
  TENON_BUG(text == describe(*second), "decoding is deterministic");
  const auto encode = [&](Writer& out, const EncodeLimits& limits) {
    return encode_packet(out, *packet, limits);
  };
  round_trip(setting, text, encode, decode);
  return true;
}

// The fast path hands on the same bytes.
void check_forwarding(const Setting& setting, const Publish& packet) {
  std::vector<std::uint8_t> forwarded(packet.properties.forwarded.encoded_bytes());
  TENON_BUG(packet.properties.forwarded.copy_to(forwarded.data()) == forwarded.data() + forwarded.size(),
            "size");
  const std::vector<std::uint32_t> ids = vector_of(packet.properties.subscription_ids);
  const PublishFields fields{.version = setting.version,
                             .qos = packet.qos,
                             .retain = packet.retain,
                             .dup = packet.dup,
                             .topic = packet.topic,
                             .packet_id = packet.packet_id,
                             .forwarded = forwarded,
                             .message_expiry_s = packet.properties.message_expiry_s,
                             .topic_alias = packet.properties.topic_alias.value_or(0),
                             .subscription_ids = ids,
                             .payload_bytes = static_cast<std::uint32_t>(packet.payload.size())};
  ByteBuffer buffer;
  TENON_BUG(encode_publish(buffer.writer(), fields, packet.payload) == EncodeStatus::ok,
            "it can be handed on");
  const FrameResult found =
      find_frame(buffer.bytes(), rules_for(setting.version, setting.sender, packet_bytes_limit));
  const auto again = decode_publish(found.frame, setting.version, setting.sender);
  TENON_BUG(again.ok() && describe(*again) == describe(packet), "what is handed on says the same");
  std::vector<std::uint8_t> copy(again->properties.forwarded.encoded_bytes());
  again->properties.forwarded.copy_to(copy.data());
  TENON_BUG(copy == forwarded, "what is handed on has the same bytes");
}

bool check_publish(const Setting& setting, const Frame& frame) {
  const auto decode = [&](const Frame& f) { return decode_publish(f, setting.version, setting.sender); };
  const auto encode = [](Writer& out, const Publish& p, const EncodeLimits& limits) {
    return encode_publish(out, p, limits);
  };
  if (!check(setting, frame, decode, encode)) return false;
  check_forwarding(setting, *decode(frame));
  return true;
}

bool check_requests(const Setting& setting, const Frame& frame) {
  if (frame.type == PacketType::subscribe) {
    const auto encode = [](Writer& out, const Subscribe& p, const EncodeLimits& limits) {
      return encode_subscribe(out, p.packet_id, p.properties, vector_of(p.subscriptions), limits);
    };
    return check(
        setting, frame, [&](const Frame& f) { return decode_subscribe(f, setting.version); }, encode);
  }
  const auto encode = [](Writer& out, const Unsubscribe& p, const EncodeLimits& limits) {
    return encode_unsubscribe(out, p.packet_id, p.properties, vector_of(p.filters), limits);
  };
  return check(
      setting, frame, [&](const Frame& f) { return decode_unsubscribe(f, setting.version); }, encode);
}

bool check_answers(const Setting& setting, const Frame& frame) {
  if (frame.type == PacketType::suback) {
    const auto encode = [](Writer& out, const Suback& p, const EncodeLimits& limits) {
      return encode_suback(out, p.packet_id, p.properties, codes_of(p), limits);
    };
    return check(
        setting, frame, [&](const Frame& f) { return decode_suback(f, setting.version); }, encode);
  }
  const auto encode = [](Writer& out, const Suback& p, const EncodeLimits& limits) {
    return encode_unsuback(out, p.packet_id, p.properties, codes_of(p), limits);
  };
  return check(
      setting, frame, [&](const Frame& f) { return decode_unsuback(f, setting.version); }, encode);
}

bool check_frame(Setting& setting, const Frame& frame) {
  const Version version = setting.version;
  switch (frame.type) {
    case PacketType::connect: {
      const auto packet = decode_connect(frame);
      if (packet) setting.version = packet->version;
      if (packet) TENON_BUG(peek_version(frame) == packet->version, "the version can be peeked at");
      return check(setting, frame, decode_connect, encode_connect);
    }
    case PacketType::connack:
      return check(
          setting, frame, [&](const Frame& f) { return decode_connack(f, version); }, encode_connack);
    case PacketType::publish:
      return check_publish(setting, frame);
    case PacketType::puback:
    case PacketType::pubrec:
    case PacketType::pubrel:
    case PacketType::pubcomp:
      return check(
          setting, frame, [&](const Frame& f) { return decode_ack(f, version); }, encode_ack);
    case PacketType::subscribe:
    case PacketType::unsubscribe:
      return check_requests(setting, frame);
    case PacketType::suback:
    case PacketType::unsuback:
      return check_answers(setting, frame);
    case PacketType::pingreq:
    case PacketType::pingresp:
      return !decode_ping(frame);
    case PacketType::disconnect:
      return check(
          setting, frame, [&](const Frame& f) { return decode_disconnect(f, version, setting.sender); },
          encode_disconnect);
    case PacketType::auth:
      return check(
          setting, frame, [&](const Frame& f) { return decode_auth(f, setting.sender); }, encode_auth);
  }
  return false;
}

// Every proper prefix of a frame needs more.
void check_prefixes(Bytes packet, const FrameRules& rules) {
  for (std::size_t size = 0; size < std::min<std::size_t>(packet.size(), 8); ++size)
    TENON_BUG(find_frame(packet.first(size), rules).status == FrameStatus::need_more, "a part needs more");
}

// Checks one frame from an exact-sized copy of its bytes.
bool check_copy(Setting& setting, Bytes packet, const FrameRules& rules) {
  const auto copy = std::make_unique<std::uint8_t[]>(packet.size());
  std::memcpy(copy.get(), packet.data(), packet.size());
  const FrameResult found = find_frame({copy.get(), packet.size()}, rules);
  TENON_BUG(found.status == FrameStatus::ready, "a whole packet is ready");
  return check_frame(setting, found.frame);
}

void run_stream(std::uint8_t choice, Bytes stream) {
  constexpr Version versions[] = {Version::v5, Version::v3_1, Version::v3_1_1, Version::v5};
  constexpr std::uint32_t packet_bytes_max[] = {packet_bytes_limit, 1024, 64, 16};
  Setting setting{.version = versions[choice & 3],
                  .sender = choice & 4 ? Sender::server : Sender::client,
                  .encode_bytes_max = 4u + (choice >> 3)};
  const std::uint32_t limit = packet_bytes_max[choice >> 6];
  const bool handshake = (choice & 8) != 0;
  FrameRules rules = rules_for(setting.version, setting.sender, limit);
  if (handshake)
    rules = setting.sender == Sender::client ? rules_before_connect(limit)
                                             : rules_before_connack(setting.version, limit);
  for (;;) {
    const FrameResult found = find_frame(stream, rules);
    TENON_BUG(found.size_bytes <= limit, "no frame is above its limit");
    if (found.status != FrameStatus::ready) return;
    const Bytes packet = stream.first(found.size_bytes);
    check_prefixes(packet, rules);
    if (!check_copy(setting, packet, rules)) return;
    rules = rules_for(setting.version, setting.sender, limit);
    stream = stream.subspan(found.size_bytes);
  }
}

}  // namespace
}  // namespace tenon::mqtt

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 0) tenon::mqtt::run_stream(data[0], {data + 1, size - 1});
  return 0;
}
