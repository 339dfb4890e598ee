#include "session/identity.h"

#include <cstring>

namespace tenon::session {

std::uint32_t Identity::length(std::size_t number) const {
  std::uint32_t length;
  std::memcpy(&length, block_.get() + number * sizeof length, sizeof length);
  return length;
}

void Identity::set(std::string_view client_id, std::string_view username) {
  if (client_id == this->client_id() && username == this->username()) return;
  // Not std::make_unique: nothing is to be set to zero.
  std::unique_ptr<char[]> block(new char[head_bytes + client_id.size() + username.size()]);
  const std::uint32_t lengths[] = {static_cast<std::uint32_t>(client_id.size()),
                                   static_cast<std::uint32_t>(username.size())};
  std::memcpy(block.get(), lengths, sizeof lengths);
  char* to = block.get() + head_bytes;
  if (!client_id.empty()) std::memcpy(to, client_id.data(), client_id.size());
  if (!username.empty()) std::memcpy(to + client_id.size(), username.data(), username.size());
  block_ = std::move(block);
}

}  // namespace tenon::session
