#include "mqtt/property.h"

#include <cstring>

#include "mqtt/varint.h"

namespace tenon::mqtt {
namespace {

// What stands behind a property's id.
enum class Shape : std::uint8_t { byte, two_bytes, four_bytes, varint, prefixed, pair };

Shape shape_of(PropertyId id) {
  switch (id) {
    case PropertyId::payload_format_indicator:
    case PropertyId::request_problem_information:
    case PropertyId::request_response_information:
    case PropertyId::maximum_qos:
    case PropertyId::retain_available:
    case PropertyId::wildcard_subscription_available:
    case PropertyId::subscription_identifier_available:
    case PropertyId::shared_subscription_available:
      return Shape::byte;
    case PropertyId::server_keep_alive:
    case PropertyId::receive_maximum:
    case PropertyId::topic_alias_maximum:
    case PropertyId::topic_alias:
      return Shape::two_bytes;
    case PropertyId::message_expiry_interval:
    case PropertyId::session_expiry_interval:
    case PropertyId::will_delay_interval:
    case PropertyId::maximum_packet_size:
      return Shape::four_bytes;
    case PropertyId::subscription_identifier:
      return Shape::varint;
    case PropertyId::user_property:
      return Shape::pair;
    default:
      return Shape::prefixed;
  }
}

// The first byte behind the value at `p` of a valid property.
const std::uint8_t* skip_value(PropertyId id, const std::uint8_t* p) {
  switch (shape_of(id)) {
    case Shape::byte:
      return p + 1;
    case Shape::two_bytes:
      return p + 2;
    case Shape::four_bytes:
      return p + 4;
    case Shape::varint:
      while (*p & 0x80) ++p;
      return p + 1;
    case Shape::prefixed:
      return p + 2 + load_be16(p);
    case Shape::pair:
      p += 2 + load_be16(p);
      return p + 2 + load_be16(p);
  }
  return p;
}

bool is_forwarded(PropertyId id) {
  switch (id) {
    case PropertyId::payload_format_indicator:
    case PropertyId::content_type:
    case PropertyId::response_topic:
    case PropertyId::correlation_data:
    case PropertyId::user_property:
      return true;
    default:
      return false;
  }
}

bool is_user_property(PropertyId id) {
  return id == PropertyId::user_property;
}

// Copies the properties for which `wanted` holds.
template <class Wanted>
std::uint8_t* copy_if(Bytes block, std::uint8_t* out, Wanted wanted) {
  const std::uint8_t* p = block.data();
  const std::uint8_t* const end = p + block.size();
  while (p < end) {
    const auto id = static_cast<PropertyId>(*p);
    const std::uint8_t* const next = skip_value(id, p + 1);
    if (wanted(id)) {
      std::memcpy(out, p, static_cast<std::size_t>(next - p));
      out += next - p;
    }
    p = next;
  }
  return out;
}

std::uint8_t* copy_all(Bytes block, std::uint8_t* out) {
  if (!block.empty()) std::memcpy(out, block.data(), block.size());
  return out + block.size();
}

std::string_view load_text(const std::uint8_t* p) {
  return as_text(Bytes(p + 2, load_be16(p)));
}

}  // namespace

PropertyCursor::PropertyCursor(Bytes block, PropertyId wanted)
    : next_(block.data()), end_(block.data() + block.size()), wanted_(wanted) {
  next();
}

void PropertyCursor::next() {
  while (next_ < end_) {
    const auto id = static_cast<PropertyId>(*next_);
    value_ = next_ + 1;
    next_ = skip_value(id, value_);
    if (id == wanted_) return;
  }
  value_ = nullptr;
}

UserProperty UserProperties::Iterator::operator*() const {
  const std::uint8_t* p = cursor_.value();
  const std::string_view name = load_text(p);
  return {name, load_text(p + 2 + name.size())};
}

std::uint8_t* UserProperties::copy_to(std::uint8_t* out) const {
  if (encoded_bytes_ == 0) return out;
  return encoded_bytes_ == block_.size() ? copy_all(block_, out) : copy_if(block_, out, is_user_property);
}

std::uint32_t SubscriptionIds::Iterator::operator*() const {
  return load_varint(cursor_.value());
}

std::uint8_t* ForwardedProperties::copy_to(std::uint8_t* out) const {
  if (encoded_bytes_ == 0) return out;
  return encoded_bytes_ == block_.size() ? copy_all(block_, out) : copy_if(block_, out, is_forwarded);
}

std::string_view to_string(PropertyId id) {
  switch (id) {
    case PropertyId::payload_format_indicator:
      return "payload format indicator";
    case PropertyId::message_expiry_interval:
      return "message expiry interval";
    case PropertyId::content_type:
      return "content type";
    case PropertyId::response_topic:
      return "response topic";
    case PropertyId::correlation_data:
      return "correlation data";
    case PropertyId::subscription_identifier:
      return "subscription identifier";
    case PropertyId::session_expiry_interval:
      return "session expiry interval";
    case PropertyId::assigned_client_identifier:
      return "assigned client identifier";
    case PropertyId::server_keep_alive:
      return "server keep alive";
    case PropertyId::authentication_method:
      return "authentication method";
    case PropertyId::authentication_data:
      return "authentication data";
    case PropertyId::request_problem_information:
      return "request problem information";
    case PropertyId::will_delay_interval:
      return "will delay interval";
    case PropertyId::request_response_information:
      return "request response information";
    case PropertyId::response_information:
      return "response information";
    case PropertyId::server_reference:
      return "server reference";
    case PropertyId::reason_string:
      return "reason string";
    case PropertyId::receive_maximum:
      return "receive maximum";
    case PropertyId::topic_alias_maximum:
      return "topic alias maximum";
    case PropertyId::topic_alias:
      return "topic alias";
    case PropertyId::maximum_qos:
      return "maximum QoS";
    case PropertyId::retain_available:
      return "retain available";
    case PropertyId::user_property:
      return "user property";
    case PropertyId::maximum_packet_size:
      return "maximum packet size";
    case PropertyId::wildcard_subscription_available:
      return "wildcard subscription available";
    case PropertyId::subscription_identifier_available:
      return "subscription identifier available";
    case PropertyId::shared_subscription_available:
      return "shared subscription available";
  }
  return "unknown property";
}

}  // namespace tenon::mqtt
