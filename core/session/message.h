#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/intrusive_ptr.h"
#include "mqtt/types.h"

namespace tenon::session {

// Who receives messages: a live connection without stored state, or the inbox of a session that outlives its
// connections. The bits belong to core/routing/receiver_key.h. `none` is nobody.
enum class ReceiverKey : std::uint64_t { none = 0 };

// A message on its way, as views into memory of whoever made it.
struct MessageView {
  std::string_view topic;
  Bytes forwarded;  // properties handed on unchanged, as mqtt::PublishFields::forwarded takes them
  Bytes payload;
  UnixMs expires_at_ms = 0;                // 0: never
  ReceiverKey source = ReceiverKey::none;  // the publisher, for No Local
  mqtt::QoS qos = mqtt::QoS::at_most_once;
  bool retain = false;

  // What limits on the size of messages go by.
  std::size_t content_bytes() const { return topic.size() + forwarded.size() + payload.size(); }
};

// The same in memory of its own: one allocation, immutable, shared between threads.
class Message final : public RefCounted<Message> {
 public:
  // Copies everything that `view` points to.
  static Ref<Message> make(const MessageView& view);
  // A copy with another retain flag is never needed: receivers say what they show.
  MessageView view() const;
  std::size_t memory_bytes() const { return sizeof(Message) + bytes_; }

  static void destroy(Message* message);

 private:
  Message() = default;
  ~Message() = default;

  const std::uint8_t* data() const { return reinterpret_cast<const std::uint8_t*>(this + 1); }

  UnixMs expires_at_ms_ = 0;
  ReceiverKey source_ = ReceiverKey::none;
  std::uint32_t bytes_ = 0;
  std::uint32_t forwarded_bytes_ = 0;
  std::uint16_t topic_bytes_ = 0;
  mqtt::QoS qos_ = mqtt::QoS::at_most_once;
  bool retain_ = false;
};

}  // namespace tenon::session
