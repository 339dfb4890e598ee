#include "session/message.h"

#include <cstring>
#include <new>

namespace tenon::session {

Ref<Message> Message::make(const MessageView& view) {
  const std::size_t bytes = view.content_bytes();
  void* memory = ::operator new(sizeof(Message) + bytes);
  auto* message = new (memory) Message;
  message->expires_at_ms_ = view.expires_at_ms;
  message->source_ = view.source;
  message->bytes_ = static_cast<std::uint32_t>(bytes);
  message->forwarded_bytes_ = static_cast<std::uint32_t>(view.forwarded.size());
  message->topic_bytes_ = static_cast<std::uint16_t>(view.topic.size());
  message->qos_ = view.qos;
  message->retain_ = view.retain;
  auto* to = static_cast<std::uint8_t*>(memory) + sizeof(Message);
  const auto put = [&to](const void* from, std::size_t size) {
    if (size > 0) std::memcpy(to, from, size);
    to += size;
  };
  put(view.topic.data(), view.topic.size());
  put(view.forwarded.data(), view.forwarded.size());
  put(view.payload.data(), view.payload.size());
  return Ref<Message>::adopt(message);
}

MessageView Message::view() const {
  MessageView view;
  const std::uint8_t* at = data();
  view.topic = {reinterpret_cast<const char*>(at), topic_bytes_};
  at += topic_bytes_;
  view.forwarded = {at, forwarded_bytes_};
  at += forwarded_bytes_;
  view.payload = {at, bytes_ - topic_bytes_ - forwarded_bytes_};
  view.expires_at_ms = expires_at_ms_;
  view.source = source_;
  view.qos = qos_;
  view.retain = retain_;
  return view;
}

void Message::destroy(Message* message) {
  message->~Message();
  ::operator delete(message);
}

}  // namespace tenon::session
