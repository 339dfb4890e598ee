#include "mqtt/decoding/property_reader.h"

#include <optional>

namespace tenon::mqtt::decoding {
namespace {

constexpr const char* properties_field = "properties";

// Reads the values of one block's properties. Every function returns false after a failure, which `in` then
// holds.
class Values {
 public:
  // `in` is inside the block.
  explicit Values(Reader& in) : in_(in) {}

  void start(PropertyId id) {
    id_ = id;
    // to_string gives literals, which end in 0.
    field_ = to_string(id).data();
  }

  // MQTT 5.0 §2.2.2.2: an identifier that is not valid for the packet makes it malformed.
  bool not_allowed() { return in_.malformed(field_, "is not allowed in this packet"); }
  bool protocol_error(const char* reason) { return in_.fail(ReasonCode::protocol_error, field_, reason); }

  bool flag(std::optional<bool>& out) {
    std::uint8_t value = 0;
    if (!small(out, 1, value)) return false;
    out = value == 1;
    return true;
  }
  template <class Enum>
  bool choice(std::optional<Enum>& out) {
    std::uint8_t value = 0;
    if (!small(out, 1, value)) return false;
    out = static_cast<Enum>(value);
    return true;
  }
  bool number(std::optional<std::uint16_t>& out) {
    if (!first(out)) return false;
    return in_.two_bytes(field_, out.emplace());
  }
  bool number(std::optional<std::uint32_t>& out) {
    if (!first(out)) return false;
    return in_.four_bytes(field_, out.emplace());
  }
  template <class Number>
  bool positive(std::optional<Number>& out) {
    if (!number(out)) return false;
    return *out != 0 ? true : protocol_error("is 0");
  }
  // [MQTT-3.3.2-8]
  bool topic_alias(std::optional<std::uint16_t>& out) {
    if (!number(out)) return false;
    return *out != 0 ? true : in_.fail(ReasonCode::topic_alias_invalid, field_, "is 0");
  }
  bool text(std::optional<std::string_view>& out) {
    if (!first(out)) return false;
    return in_.text(field_, out.emplace());
  }
  // [MQTT-3.3.2-13] [MQTT-3.3.2-14], and as a topic name it is not empty [MQTT-4.7.3-1].
  bool response_topic(std::optional<std::string_view>& out) {
    if (!first(out)) return false;
    if (!in_.name(field_, out.emplace())) return false;
    return !out->empty() ? true : in_.fail(ReasonCode::topic_name_invalid, field_, "is empty");
  }
  bool binary(std::optional<Bytes>& out) {
    if (!first(out)) return false;
    return in_.binary(field_, out.emplace());
  }
  bool subscription_id(std::uint32_t& out) {
    if (!in_.varint(field_, out)) return false;
    return out != 0 ? true : protocol_error("is 0");
  }
  bool single_subscription_id(std::optional<std::uint32_t>& out) {
    if (!first(out)) return false;
    return subscription_id(out.emplace());
  }
  // [MQTT-1.5.7-1]
  bool pair() {
    std::string_view text;
    return in_.text("user property name", text) && in_.text("user property value", text);
  }

 private:
  // All properties but user properties and subscription identifiers occur once (MQTT 5.0 §3.1.2.11 and its
  // like).
  template <class T>
  bool first(const std::optional<T>& out) {
    return !out ? true : protocol_error("appears twice");
  }
  template <class T>
  bool small(const std::optional<T>& out, std::uint8_t max, std::uint8_t& value) {
    if (!first(out) || !in_.byte(field_, value)) return false;
    return value <= max ? true : protocol_error("has a value other than 0 and 1");
  }

  Reader& in_;
  PropertyId id_{};
  const char* field_ = properties_field;
};

// Reads a whole block. `read_one(values, id)` reads each property that is not a user property.
// Returns the block in `block`, and how much of it is user properties in `user`.
template <class ReadOne>
bool read_block(Reader& reader, Bytes& block, UserProperties& user, ReadOne read_one) {
  std::uint32_t length = 0;
  Reader in{Bytes{}};
  if (!reader.varint("property length", length) || !reader.sub_reader(properties_field, length, in))
    return false;
  block = in.rest();
  Values values(in);
  std::size_t user_bytes = 0;
  while (!in.at_end()) {
    const std::uint8_t* const start = in.position();
    std::uint8_t raw = 0;
    in.byte(properties_field, raw);
    const auto id = static_cast<PropertyId>(raw);
    values.start(id);
    const bool is_user = id == PropertyId::user_property;
    if (!(is_user ? values.pair() : read_one(values, id))) {
      const DecodeError& error = in.error();
      return reader.fail(error.code, error.field, error.reason);
    }
    if (is_user) user_bytes += static_cast<std::size_t>(in.position() - start);
  }
  user = UserProperties(block, user_bytes);
  return true;
}

template <class ReadOne>
bool read_block(Reader& reader, UserProperties& user, ReadOne read_one) {
  Bytes block;
  return read_block(reader, block, user, read_one);
}

// Those of MessageProperties; the block's other properties are the caller's.
bool read_message_property(Values& values, PropertyId id, MessageProperties& out) {
  switch (id) {
    case PropertyId::payload_format_indicator:
      return values.choice(out.payload_format);
    case PropertyId::message_expiry_interval:
      return values.number(out.message_expiry_s);
    case PropertyId::content_type:
      return values.text(out.content_type);
    case PropertyId::response_topic:
      return values.response_topic(out.response_topic);
    case PropertyId::correlation_data:
      return values.binary(out.correlation_data);
    default:
      return values.not_allowed();
  }
}

// Sizes of a property on the wire, its id included.
constexpr std::size_t two_byte_property = 3;
constexpr std::size_t four_byte_property = 5;

// `held_back`: bytes of the block that belong to this connection only.
void set_forwarded(MessageProperties& out, Bytes block, std::size_t held_back) {
  if (out.message_expiry_s) held_back += four_byte_property;
  out.forwarded = ForwardedProperties(block, block.size() - held_back);
}

bool data_has_method(Reader& reader, const std::optional<std::string_view>& method,
                     const std::optional<Bytes>& data) {
  if (method || !data) return true;
  return reader.fail(ReasonCode::protocol_error, "authentication data", "comes without a method");
}

}  // namespace

bool read_properties(Reader& reader, ConnectProperties& out) {
  const auto read_one = [&out](Values& values, PropertyId id) {
    switch (id) {
      case PropertyId::session_expiry_interval:
        return values.number(out.session_expiry_s);
      case PropertyId::receive_maximum:
        return values.positive(out.receive_maximum);
      case PropertyId::maximum_packet_size:
        return values.positive(out.packet_bytes_max);
      case PropertyId::topic_alias_maximum:
        return values.number(out.topic_alias_maximum);
      case PropertyId::request_response_information:
        return values.flag(out.request_response_information);
      case PropertyId::request_problem_information:
        return values.flag(out.request_problem_information);
      case PropertyId::authentication_method:
        return values.text(out.authentication_method);
      case PropertyId::authentication_data:
        return values.binary(out.authentication_data);
      default:
        return values.not_allowed();
    }
  };
  return read_block(reader, out.user, read_one) &&
         data_has_method(reader, out.authentication_method, out.authentication_data);
}

bool read_properties(Reader& reader, WillProperties& out) {
  Bytes block;
  const auto read_one = [&out](Values& values, PropertyId id) {
    if (id == PropertyId::will_delay_interval) return values.number(out.will_delay_s);
    return read_message_property(values, id, out);
  };
  if (!read_block(reader, block, out.user, read_one)) return false;
  set_forwarded(out, block, out.will_delay_s ? four_byte_property : 0);
  return true;
}

bool read_properties(Reader& reader, ConnackProperties& out) {
  return read_block(reader, out.user,
                    [&out](Values& values, PropertyId id) {
                      switch (id) {
                        case PropertyId::session_expiry_interval:
                          return values.number(out.session_expiry_s);
                        case PropertyId::receive_maximum:
                          return values.positive(out.receive_maximum);
                        case PropertyId::maximum_qos:
                          return values.choice(out.maximum_qos);
                        case PropertyId::retain_available:
                          return values.flag(out.retain_available);
                        case PropertyId::maximum_packet_size:
                          return values.positive(out.packet_bytes_max);
                        case PropertyId::assigned_client_identifier:
                          return values.text(out.assigned_client_id);
                        case PropertyId::topic_alias_maximum:
                          return values.number(out.topic_alias_maximum);
                        case PropertyId::reason_string:
                          return values.text(out.reason_string);
                        case PropertyId::wildcard_subscription_available:
                          return values.flag(out.wildcard_subscription_available);
                        case PropertyId::subscription_identifier_available:
                          return values.flag(out.subscription_ids_available);
                        case PropertyId::shared_subscription_available:
                          return values.flag(out.shared_subscription_available);
                        case PropertyId::server_keep_alive:
                          return values.number(out.server_keep_alive_s);
                        case PropertyId::response_information:
                          return values.text(out.response_information);
                        case PropertyId::server_reference:
                          return values.text(out.server_reference);
                        case PropertyId::authentication_method:
                          return values.text(out.authentication_method);
                        case PropertyId::authentication_data:
                          return values.binary(out.authentication_data);
                        default:
                          return values.not_allowed();
                      }
                    }) &&
         data_has_method(reader, out.authentication_method, out.authentication_data);
}

bool read_properties(Reader& reader, PublishProperties& out, Sender sender) {
  Bytes block;
  std::size_t id_count = 0;
  std::size_t id_bytes = 0;
  const auto read_one = [&](Values& values, PropertyId id) {
    if (id == PropertyId::topic_alias) return values.topic_alias(out.topic_alias);
    if (id != PropertyId::subscription_identifier) return read_message_property(values, id, out);
    // [MQTT-3.3.4-6]
    if (sender == Sender::client) return values.protocol_error("is not allowed from a client");
    std::uint32_t value = 0;
    if (!values.subscription_id(value)) return false;
    ++id_count;
    id_bytes += 1 + varint_bytes(value);
    return true;
  };
  if (!read_block(reader, block, out.user, read_one)) return false;
  out.subscription_ids = SubscriptionIds(block, id_count);
  set_forwarded(out, block, id_bytes + (out.topic_alias ? two_byte_property : 0));
  return true;
}

bool read_properties(Reader& reader, AckProperties& out) {
  return read_block(reader, out.user, [&out](Values& values, PropertyId id) {
    return id == PropertyId::reason_string ? values.text(out.reason_string) : values.not_allowed();
  });
}

bool read_properties(Reader& reader, SubscribeProperties& out) {
  return read_block(reader, out.user, [&out](Values& values, PropertyId id) {
    return id == PropertyId::subscription_identifier ? values.single_subscription_id(out.subscription_id)
                                                     : values.not_allowed();
  });
}

bool read_properties(Reader& reader, UnsubscribeProperties& out) {
  return read_block(reader, out.user, [](Values& values, PropertyId) { return values.not_allowed(); });
}

bool read_properties(Reader& reader, DisconnectProperties& out, Sender sender) {
  return read_block(reader, out.user, [&out, sender](Values& values, PropertyId id) {
    const bool client = sender == Sender::client;
    switch (id) {
      case PropertyId::reason_string:
        return values.text(out.reason_string);
      case PropertyId::session_expiry_interval:
        // [MQTT-3.14.2-2]
        return client ? values.number(out.session_expiry_s)
                      : values.protocol_error("is not allowed from a server");
      case PropertyId::server_reference:
        return client ? values.protocol_error("is not allowed from a client")
                      : values.text(out.server_reference);
      default:
        return values.not_allowed();
    }
  });
}

bool read_properties(Reader& reader, AuthProperties& out) {
  const auto read_one = [&out](Values& values, PropertyId id) {
    switch (id) {
      case PropertyId::authentication_method:
        return values.text(out.authentication_method);
      case PropertyId::authentication_data:
        return values.binary(out.authentication_data);
      case PropertyId::reason_string:
        return values.text(out.reason_string);
      default:
        return values.not_allowed();
    }
  };
  if (!read_block(reader, out.user, read_one)) return false;
  // MQTT 5.0 §3.15.2.2.2
  if (out.authentication_method) return true;
  return reader.fail(ReasonCode::protocol_error, "authentication method", "is missing");
}

}  // namespace tenon::mqtt::decoding
