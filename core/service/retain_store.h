#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "session/message.h"

namespace tenon::service {

using session::Message;
using session::MessageView;

// The retained message of each topic. Pure; not synchronised: one writer, or many readers of the const
// members.
class RetainStore {
 public:
  struct Limits {
    std::uint64_t count_max = UINT64_MAX;  // topics
    std::uint64_t bytes_max = UINT64_MAX;  // of all messages, as Message::memory_bytes() counts them
  };
  // `hash_seed` is secret and random.
  RetainStore(const Limits& limits, std::uint64_t hash_seed);
  ~RetainStore();
  RetainStore(const RetainStore&) = delete;
  RetainStore& operator=(const RetainStore&) = delete;

  enum class Put : std::uint8_t { stored, removed, nothing, full };
  // Replaces the message of its topic [MQTT-3.3.1-5]; an empty payload removes it [MQTT-3.3.1-6]
  // [MQTT-3.3.1-7]. full: there are `count_max` topics already and this is a new one, or it would take more
  // bytes than are left; nothing has changed.
  Put put(Ref<Message> message);

  // The number of the last message that was stored; each has a higher one than those before it. 0: none yet.
  std::uint64_t last_number() const;
  // Appends the messages whose topic `pattern` matches, that have not expired at `now_ms`, and whose number
  // is not above `number_max`. Until `messages` has `count_max` of them: false then, as there may be others.
  bool collect(std::string_view pattern, UnixMs now_ms, std::uint64_t number_max, std::size_t count_max,
               std::vector<Ref<Message>>& messages) const;

  // Whether the topic's message is equal to this one; or there is none, and this has no payload.
  bool has_same(const MessageView& message) const;
  void for_each_topic(const std::function<void(std::string_view topic)>& fn) const;
  // Forgets the topics of which it is true.
  void clear(const std::function<bool(std::string_view topic)>& is_to_go);

  // Whether this very message is the one that its topic keeps now.
  bool holds(const Message& message) const;

  // Forgets messages that have expired; looks at no more than `count_max` topics with an expiry.
  void tick(UnixMs now_ms, std::size_t count_max);

  std::size_t size() const;
  std::size_t memory_bytes() const;
  // What the topics of one tenant take.
  struct Usage {
    std::uint64_t topics = 0;
    std::uint64_t bytes = 0;  // as Limits
  };
  Usage usage_of(std::string_view tenant) const;
  // The same, as it would be with this message kept.
  Usage usage_with(const Message& message) const;

 private:
  struct Index;
  const Limits limits_;
  std::unique_ptr<Index> index_;
};

}  // namespace tenon::service
