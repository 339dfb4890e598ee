#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::session {

// The aliases that a client has given to topics, for the life of one connection. [MQTT-3.3.2-7]
// Pure; not thread-safe.
class TopicAliases {
 public:
  // The topic of `alias`; empty: unknown. Valid until the alias is set again.
  std::string_view find(std::uint16_t alias) const {
    return alias <= topics_.size() && alias > 0 ? std::string_view(topics_[alias - 1]) : std::string_view();
  }
  // REQUIRES: alias > 0, and not above the maximum that the client was told.
  void set(std::uint16_t alias, std::string_view topic) {
    if (alias > topics_.size()) topics_.resize(alias);
    topics_[alias - 1] = topic;
  }

 private:
  std::vector<std::string> topics_;
};

}  // namespace tenon::session
