#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "mqtt/packet_properties.h"
#include "mqtt/reason_code.h"
#include "mqtt/types.h"

// Packets as values. After decoding, all views point into the frame's bytes; for encoding, into the caller's.
// Members that a version does not have are left at their defaults by decoding and ignored by encoding.

namespace tenon::mqtt {

struct Will {
  QoS qos = QoS::at_most_once;
  bool retain = false;
  std::string_view topic;
  Bytes payload;
  WillProperties properties;
};

struct Connect {
  Version version = Version::v5;
  bool clean_start = true;  // 3.x: CleanSession
  std::uint16_t keep_alive_s = 0;
  std::string_view client_id;  // may be empty
  std::optional<Will> will;
  std::optional<std::string_view> user_name;
  std::optional<Bytes> password;
  ConnectProperties properties;
};

// `reason` is in the words of 5.0 for every version: see to_v3_connack and from_v3_connack.
struct Connack {
  bool session_present = false;
  ReasonCode reason = ReasonCode::success;
  ConnackProperties properties;
};

struct Publish {
  bool dup = false;
  QoS qos = QoS::at_most_once;
  bool retain = false;
  std::string_view topic;               // empty only in 5.0 with a topic alias
  PacketId packet_id = PacketId::none;  // none exactly when QoS 0
  PublishProperties properties;
  Bytes payload;
};

// PUBACK, PUBREC, PUBREL or PUBCOMP.
struct Ack {
  PacketType type = PacketType::puback;
  PacketId packet_id = PacketId::none;
  ReasonCode reason = ReasonCode::success;  // 3.x: always success
  AckProperties properties;
};

struct Subscription {
  std::string_view filter;
  QoS qos = QoS::at_most_once;
  bool no_local = false;
  bool retain_as_published = false;  // 3.x: false
  RetainHandling retain_handling = RetainHandling::send;
};

// The payload of a SUBSCRIBE, checked and still encoded. A view; at least one entry after decoding.
class SubscriptionList {
 public:
  class Iterator {
   public:
    using value_type = Subscription;
    using difference_type = std::ptrdiff_t;
    Iterator() = default;
    explicit Iterator(Bytes rest) : rest_(rest) {}
    Subscription operator*() const;
    Iterator& operator++();
    void operator++(int) { ++*this; }
    bool operator==(std::default_sentinel_t) const { return rest_.empty(); }

   private:
    Bytes rest_;
  };

  SubscriptionList() = default;
  SubscriptionList(Bytes encoded, std::size_t count) : encoded_(encoded), count_(count) {}
  std::size_t size() const { return count_; }
  Iterator begin() const { return Iterator(encoded_); }
  std::default_sentinel_t end() const { return {}; }

 private:
  Bytes encoded_;
  std::size_t count_ = 0;
};

struct Subscribe {
  PacketId packet_id = PacketId::none;
  SubscribeProperties properties;
  SubscriptionList subscriptions;
};

// The payload of an UNSUBSCRIBE, as SubscriptionList.
class FilterList {
 public:
  class Iterator {
   public:
    using value_type = std::string_view;
    using difference_type = std::ptrdiff_t;
    Iterator() = default;
    explicit Iterator(Bytes rest) : rest_(rest) {}
    std::string_view operator*() const;
    Iterator& operator++();
    void operator++(int) { ++*this; }
    bool operator==(std::default_sentinel_t) const { return rest_.empty(); }

   private:
    Bytes rest_;
  };

  FilterList() = default;
  FilterList(Bytes encoded, std::size_t count) : encoded_(encoded), count_(count) {}
  std::size_t size() const { return count_; }
  Iterator begin() const { return Iterator(encoded_); }
  std::default_sentinel_t end() const { return {}; }

 private:
  Bytes encoded_;
  std::size_t count_ = 0;
};

struct Unsubscribe {
  PacketId packet_id = PacketId::none;
  UnsubscribeProperties properties;
  FilterList filters;
};

// The codes of a SUBACK or UNSUBACK as they were received. A view; every code in it is a listed one.
class ReasonCodes {
 public:
  ReasonCodes() = default;
  explicit ReasonCodes(Bytes codes) : codes_(codes) {}
  std::size_t size() const { return codes_.size(); }
  ReasonCode operator[](std::size_t i) const { return static_cast<ReasonCode>(codes_[i]); }

 private:
  Bytes codes_;
};

// SUBACK, or UNSUBACK (which has no codes in 3.x).
struct Suback {
  PacketId packet_id = PacketId::none;
  AckProperties properties;
  ReasonCodes codes;
};

struct Disconnect {
  ReasonCode reason = ReasonCode::success;
  DisconnectProperties properties;
};

struct Auth {
  ReasonCode reason = ReasonCode::success;
  AuthProperties properties;
};

}  // namespace tenon::mqtt
