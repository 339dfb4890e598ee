#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>

#include "base/bytes.h"

namespace tenon::mqtt {

// All properties of MQTT 5.0 §2.2.2.2.
enum class PropertyId : std::uint8_t {
  payload_format_indicator = 0x01,
  message_expiry_interval = 0x02,
  content_type = 0x03,
  response_topic = 0x08,
  correlation_data = 0x09,
  subscription_identifier = 0x0B,
  session_expiry_interval = 0x11,
  assigned_client_identifier = 0x12,
  server_keep_alive = 0x13,
  authentication_method = 0x15,
  authentication_data = 0x16,
  request_problem_information = 0x17,
  will_delay_interval = 0x18,
  request_response_information = 0x19,
  response_information = 0x1A,
  server_reference = 0x1C,
  reason_string = 0x1F,
  receive_maximum = 0x21,
  topic_alias_maximum = 0x22,
  topic_alias = 0x23,
  maximum_qos = 0x24,
  retain_available = 0x25,
  user_property = 0x26,
  maximum_packet_size = 0x27,
  wildcard_subscription_available = 0x28,
  subscription_identifier_available = 0x29,
  shared_subscription_available = 0x2A,
};

// The name the standard gives the property, in lower case with spaces; "unknown property" for other values.
std::string_view to_string(PropertyId id);

struct UserProperty {
  std::string_view name;
  std::string_view value;
};

// Walks an encoded, already validated block of properties and stops at those of one id.
class PropertyCursor {
 public:
  PropertyCursor() = default;
  PropertyCursor(Bytes block, PropertyId wanted);
  bool at_end() const { return value_ == nullptr; }
  // First byte behind the property id. REQUIRES: !at_end().
  const std::uint8_t* value() const { return value_; }
  void next();

 private:
  const std::uint8_t* value_ = nullptr;
  const std::uint8_t* next_ = nullptr;
  const std::uint8_t* end_ = nullptr;
  PropertyId wanted_{};
};

// The user properties of a packet, in their order; names may repeat. A view: valid while the block's bytes
// are.
class UserProperties {
 public:
  class Iterator {
   public:
    using value_type = UserProperty;
    using difference_type = std::ptrdiff_t;
    Iterator() = default;
    explicit Iterator(PropertyCursor cursor) : cursor_(cursor) {}
    UserProperty operator*() const;
    Iterator& operator++() {
      cursor_.next();
      return *this;
    }
    void operator++(int) { cursor_.next(); }
    bool operator==(std::default_sentinel_t) const { return cursor_.at_end(); }

   private:
    PropertyCursor cursor_;
  };

  UserProperties() = default;
  // `block` is valid and holds user properties only, as append_user_property writes them.
  explicit UserProperties(Bytes block) : block_(block), encoded_bytes_(block.size()) {}
  // `block` is valid; its user properties take `encoded_bytes` of it, other properties may stand between
  // them.
  UserProperties(Bytes block, std::size_t encoded_bytes) : block_(block), encoded_bytes_(encoded_bytes) {}

  bool empty() const { return encoded_bytes_ == 0; }
  // Size on the wire, ids included, property length not included.
  std::size_t encoded_bytes() const { return encoded_bytes_; }
  // Writes encoded_bytes() bytes at `out` and returns the first byte behind them.
  std::uint8_t* copy_to(std::uint8_t* out) const;

  Iterator begin() const { return empty() ? Iterator() : Iterator({block_, PropertyId::user_property}); }
  std::default_sentinel_t end() const { return {}; }

 private:
  Bytes block_;
  std::size_t encoded_bytes_ = 0;
};

// The subscription identifiers of a PUBLISH from a server, in their order. A view, as UserProperties.
class SubscriptionIds {
 public:
  class Iterator {
   public:
    using value_type = std::uint32_t;
    using difference_type = std::ptrdiff_t;
    Iterator() = default;
    explicit Iterator(PropertyCursor cursor) : cursor_(cursor) {}
    std::uint32_t operator*() const;
    Iterator& operator++() {
      cursor_.next();
      return *this;
    }
    void operator++(int) { cursor_.next(); }
    bool operator==(std::default_sentinel_t) const { return cursor_.at_end(); }

   private:
    PropertyCursor cursor_;
  };

  SubscriptionIds() = default;
  SubscriptionIds(Bytes block, std::size_t count) : block_(block), count_(count) {}
  bool empty() const { return count_ == 0; }
  std::size_t size() const { return count_; }
  Iterator begin() const {
    return empty() ? Iterator() : Iterator({block_, PropertyId::subscription_identifier});
  }
  std::default_sentinel_t end() const { return {}; }

 private:
  Bytes block_;
  std::size_t count_ = 0;
};

// Those properties of a message that a server hands on unchanged, in the publisher's order: payload format
// indicator, content type, response topic, correlation data and user properties [MQTT-3.3.2-4]
// [MQTT-3.3.2-15] [MQTT-3.3.2-16] [MQTT-3.3.2-17] [MQTT-3.3.2-18] [MQTT-3.3.2-20]. Message expiry, topic
// alias, subscription identifiers and will delay are not among them. A view, as UserProperties.
//
// What copy_to writes is what PublishFields::forwarded takes.
class ForwardedProperties {
 public:
  ForwardedProperties() = default;
  // `block` is valid; `encoded_bytes` of it are to be handed on.
  ForwardedProperties(Bytes block, std::size_t encoded_bytes)
      : block_(block), encoded_bytes_(encoded_bytes) {}

  bool empty() const { return encoded_bytes_ == 0; }
  std::size_t encoded_bytes() const { return encoded_bytes_; }
  // Writes encoded_bytes() bytes at `out` and returns the first byte behind them. One memcpy when nothing in
  // the block has to be left out.
  std::uint8_t* copy_to(std::uint8_t* out) const;

 private:
  Bytes block_;
  std::size_t encoded_bytes_ = 0;
};

}  // namespace tenon::mqtt
