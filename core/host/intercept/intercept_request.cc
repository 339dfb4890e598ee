#include "host/intercept/intercept_request.h"

#include <array>
#include <cstddef>

#include "host/tables/host_tables.h"

namespace tenon::host {

InterceptRequest::InterceptRequest(const InterceptedMessage& message, const MessageChange& change) {
  const std::string_view topic = change.topic ? std::string_view(*change.topic) : message.topic;
  const std::string_view payload =
      change.payload ? std::string_view(*change.payload) : as_text(message.payload);
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
    *to = abi_bytes(std::string_view(text_).substr(begin, length));
    begin += length;
  }
  if (change.user_properties)
    properties_ = *change.user_properties;
  else
    for (const auto& [name, value] : message.user_properties) properties_.emplace_back(name, value);
  for (const auto& [name, value] : properties_)
    property_views_.push_back({abi_bytes(name), abi_bytes(value)});
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
  message.tenant = view_of(raw_.tenant);
  message.client_id = view_of(raw_.client_id);
  message.user = view_of(raw_.user);
  message.peer = view_of(raw_.peer);
  message.listener = view_of(raw_.listener);
  message.topic = view_of(raw_.topic);
  message.payload = bytes_of(raw_.payload);
  for (const auto& [name, value] : properties_) message.user_properties.emplace_back(name, value);
  return std::make_shared<const InterceptRequest>(message, change);
}

}  // namespace tenon::host
