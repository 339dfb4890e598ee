#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "mqtt/property.h"
#include "mqtt/types.h"

// The properties each packet may carry (MQTT 5.0 §3). Views point into the packet; a member without a value
// was absent, and the comment says what absence means. 3.x packets have none.

namespace tenon::mqtt {

struct ConnectProperties {
  std::optional<std::uint32_t> session_expiry_s;     // absent: 0; 0xFFFFFFFF: never expires
  std::optional<std::uint16_t> receive_maximum;      // absent: 65535; never 0
  std::optional<std::uint32_t> packet_bytes_max;     // absent: no limit; never 0
  std::optional<std::uint16_t> topic_alias_maximum;  // absent: 0
  std::optional<bool> request_response_information;  // absent: false
  std::optional<bool> request_problem_information;   // absent: true
  std::optional<std::string_view> authentication_method;
  std::optional<Bytes> authentication_data;  // only beside a method
  UserProperties user;
};

// What a message carries, in PUBLISH and in a will.
struct MessageProperties {
  std::optional<PayloadFormat> payload_format;    // absent: bytes
  std::optional<std::uint32_t> message_expiry_s;  // absent: never
  std::optional<std::string_view> content_type;
  std::optional<std::string_view> response_topic;  // a topic name, without wildcards
  std::optional<Bytes> correlation_data;
  UserProperties user;
  // Decoding fills it; encoding ignores it and writes the members above.
  ForwardedProperties forwarded;
};

struct WillProperties : MessageProperties {
  std::optional<std::uint32_t> will_delay_s;  // absent: 0
};

struct PublishProperties : MessageProperties {
  std::optional<std::uint16_t> topic_alias;  // never 0
  SubscriptionIds subscription_ids;          // from a server only
};

struct ConnackProperties {
  std::optional<std::uint32_t> session_expiry_s;  // absent: the client's value holds
  std::optional<std::uint16_t> receive_maximum;   // absent: 65535; never 0
  std::optional<QoS> maximum_qos;                 // 0 or 1; absent: 2
  std::optional<bool> retain_available;           // absent: true
  std::optional<std::uint32_t> packet_bytes_max;  // absent: no limit; never 0
  std::optional<std::string_view> assigned_client_id;
  std::optional<std::uint16_t> topic_alias_maximum;  // absent: 0
  std::optional<std::string_view> reason_string;
  UserProperties user;
  std::optional<bool> wildcard_subscription_available;  // absent: true
  std::optional<bool> subscription_ids_available;       // absent: true
  std::optional<bool> shared_subscription_available;    // absent: true
  std::optional<std::uint16_t> server_keep_alive_s;     // absent: the client's value holds
  std::optional<std::string_view> response_information;
  std::optional<std::string_view> server_reference;
  std::optional<std::string_view> authentication_method;
  std::optional<Bytes> authentication_data;  // only beside a method
};

// Of PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK and UNSUBACK.
struct AckProperties {
  std::optional<std::string_view> reason_string;
  UserProperties user;
};

struct SubscribeProperties {
  std::optional<std::uint32_t> subscription_id;  // 1..268435455
  UserProperties user;
};

struct UnsubscribeProperties {
  UserProperties user;
};

struct DisconnectProperties {
  std::optional<std::uint32_t> session_expiry_s;  // from a client only [MQTT-3.14.2-2]
  std::optional<std::string_view> reason_string;
  UserProperties user;
  std::optional<std::string_view> server_reference;  // from a server only
};

struct AuthProperties {
  std::optional<std::string_view> authentication_method;
  std::optional<Bytes> authentication_data;
  std::optional<std::string_view> reason_string;
  UserProperties user;
};

}  // namespace tenon::mqtt
