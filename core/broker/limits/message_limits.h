#pragma once

#include <cstdint>
#include <mutex>
#include <string_view>

#include "base/text/topic_syntax.h"
#include "session/connection_limits.h"

namespace tenon::broker {

// How large a message may be that no client wrote so: as large as one may write it.
struct MessageLimits {
  std::uint32_t packet_bytes_max = UINT32_MAX;
  std::uint32_t topic_bytes_max = UINT32_MAX;
  std::uint32_t topic_levels_max = UINT32_MAX;
  std::uint32_t user_properties_max = UINT32_MAX;

  bool takes_topic(std::string_view topic) const {
    return topic.size() <= topic_bytes_max && !is_deeper_than(topic, topic_levels_max);
  }

  // Those of a listener's clients.
  static MessageLimits of(const session::ConnectionLimits& limits) {
    return {limits.packet_bytes_max, limits.topic_bytes_max, limits.topic_levels_max,
            limits.user_properties_max};
  }
};

// Those of messages that come by no listener; a reload changes them. Any thread.
class NodeMessageLimits {
 public:
  MessageLimits get() const {
    const std::lock_guard lock(mutex_);
    return limits_;
  }
  void set(const MessageLimits& limits) {
    const std::lock_guard lock(mutex_);
    limits_ = limits;
  }

 private:
  mutable std::mutex mutex_;
  MessageLimits limits_;
};

}  // namespace tenon::broker
