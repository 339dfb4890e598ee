#include "host/intercept/intercept_request.h"

#include <array>
#include <cstddef>

namespace tenon::host {

namespace {

tenon_bytes to_abi(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
std::string_view from_abi(tenon_bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data), static_cast<std::size_t>(bytes.len)};
}

}  // namespace

InterceptRequest::InterceptRequest(const InterceptedMessage& message, const MessageChange& change) {
  const std::string_view topic = change.topic ? std::string_view(*change.topic) : message.topic;
  const std::string_view payload =
      change.payload ? std::string_view(*change.payload)
                     : std::string_view(from_abi({message.payload.data(), message.payload.size()}));
  const std::array<std::string_view, 7> texts = {
      message.tenant, message.client_id, message.user, message.peer, message.listener, topic, payload};
  std::size_t size = 0;
  for (const std::string_view text : texts) size += text.size();
  text_.reserve(size);
  for (const std::string_view text : texts) text_ += text;
  std::size_t begin = 0;
  std::size_t place = 0;
  for (tenon_bytes* to :
       {&raw_.tenant, &raw_.client_id, &raw_.user, &raw_.peer, &raw_.listener, &raw_.topic, &raw_.payload}) {
    const std::size_t length = texts[place++].size();
    *to = to_abi(std::string_view(text_).substr(begin, length));
    begin += length;
  }
  if (change.user_properties)
    properties_ = *change.user_properties;
  else
    for (const auto& [name, value] : message.user_properties) properties_.emplace_back(name, value);
  for (const auto& [name, value] : properties_) property_views_.push_back({to_abi(name), to_abi(value)});
  raw_.struct_size = sizeof raw_;
  raw_.flags = message.flags;
  raw_.qos = message.qos;
  raw_.version = message.version;
  raw_.user_properties = {property_views_.data(), static_cast<std::uint32_t>(property_views_.size()),
                          sizeof(tenon_kv)};
}

std::shared_ptr<const InterceptRequest> InterceptRequest::with(const MessageChange& change) const {
  InterceptedMessage message;
  message.flags = raw_.flags;
  message.qos = raw_.qos;
  message.version = raw_.version;
  message.tenant = from_abi(raw_.tenant);
  message.client_id = from_abi(raw_.client_id);
  message.user = from_abi(raw_.user);
  message.peer = from_abi(raw_.peer);
  message.listener = from_abi(raw_.listener);
  message.topic = from_abi(raw_.topic);
  message.payload = {raw_.payload.data, static_cast<std::size_t>(raw_.payload.len)};
  for (const auto& [name, value] : properties_) message.user_properties.emplace_back(name, value);
  return std::make_shared<const InterceptRequest>(message, change);
}

}  // namespace tenon::host
