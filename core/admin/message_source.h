#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "admin/session_source.h"

namespace tenon::admin {

// What a message carries beside its payload, from its publisher to its receivers.
struct CarriedProperties {
  bool is_text = false;  // as the payload format says it (MQTT 5.0 §3.3.2.3.2)
  std::optional<std::string> content_type = {};
  std::optional<std::string> response_topic = {};
  std::optional<std::string> correlation_data = {};  // bytes
  std::vector<std::pair<std::string, std::string>> user_properties = {};
};

// A message that an operator publishes.
struct OutgoingMessage {
  std::string topic;
  std::string payload;  // bytes
  std::uint32_t qos = 0;
  bool retain = false;
  std::optional<std::uint32_t> expiry_s;  // empty: never
  CarriedProperties properties;
};

struct Published {
  bool matched = false;  // somebody subscribes to it, in the whole cluster
};

struct RetainedStatus {
  std::string topic;
  std::string payload;  // bytes
  std::uint32_t qos = 0;
  UnixMs expires_at_ms = 0;  // 0: never
  CarriedProperties properties = {};
};

struct RetainedQuery {
  std::string tenant = std::string(default_tenant);
  std::string filter;  // that topics match
  std::string cursor;  // empty: from the first
  std::uint32_t limit = 100;
};
struct RetainedPage {
  std::vector<RetainedStatus> messages;  // in the order of their topics' levels
  std::optional<std::string> cursor;     // empty: that was the last page
};

struct TopicName {
  std::string tenant = std::string(default_tenant);
  std::string topic;
};

// Messages and retained messages of the whole cluster, whichever node is asked: the node implements it. To be
// called on the thread of the API; as SessionSource otherwise.
class MessageSource {
 public:
  virtual ~MessageSource() = default;
  // Then: it is with all that keep it, as an acknowledged message of a client is. invalid: it can't be
  // expressed, is longer than mqtt.packet_bytes_max, or a limit is reached; busy: the node can't say yet whom
  // it is for.
  virtual void publish(const OutgoingMessage& message, Then<Published> then) = 0;
  virtual void list_retained(const RetainedQuery& query, Then<RetainedPage> then) = 0;
  // not_found: the topic has none.
  virtual void show_retained(const TopicName& name, Then<RetainedStatus> then) = 0;
  // Without a message to subscribers. True always; not_found as above.
  virtual void delete_retained(const TopicName& name, Then<bool> then) = 0;
};

}  // namespace tenon::admin
