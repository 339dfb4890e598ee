#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>

#include "mqtt/reason_code.h"
#include "mqtt/types.h"

namespace tenon::session {

// Names a PUBLISH whose targets have not all answered; counted up per connection.
enum class PublishToken : std::uint64_t {};

// Acknowledgements owed to a publisher, in the order in which its messages came [MQTT-4.6.0-2]
// [MQTT-4.6.0-3]: one that is ready waits for those before it. Holds no memory while empty. Pure; not
// thread-safe.
class AckQueue {
 public:
  struct Entry {
    mqtt::PacketType type = mqtt::PacketType::puback;  // PUBACK or PUBREC
    mqtt::PacketId packet_id = mqtt::PacketId::none;
    std::optional<mqtt::ReasonCode> code;  // empty: not ready
  };

  // The token that push() will give to its next entry.
  PublishToken next_token() const { return PublishToken{next_}; }
  void push(const Entry& entry) {
    if (!entries_) entries_ = std::make_unique<std::deque<Entry>>();
    entries_->push_back(entry);
    if (entry.type == mqtt::PacketType::puback) ++puback_count_;
    ++next_;
  }
  // False for a token that is not open.
  bool set_ready(PublishToken token, mqtt::ReasonCode code) {
    const std::uint64_t number = static_cast<std::uint64_t>(token);
    const std::uint64_t first = next_ - size();
    if (number < first || number >= next_) return false;
    Entry& entry = (*entries_)[number - first];
    if (entry.code) return false;
    entry.code = code;
    return true;
  }
  // The oldest entry, when it is ready.
  std::optional<Entry> pop_ready() {
    if (empty() || !entries_->front().code) return std::nullopt;
    const Entry entry = entries_->front();
    entries_->pop_front();
    if (entry.type == mqtt::PacketType::puback) --puback_count_;
    if (entries_->empty()) entries_.reset();
    return entry;
  }
  // Whether this very acknowledgement is among those owed.
  bool owes(mqtt::PacketType type, mqtt::PacketId id) const {
    return entries_ && std::any_of(entries_->begin(), entries_->end(), [&](const Entry& entry) {
             return entry.type == type && entry.packet_id == id;
           });
  }
  bool empty() const { return !entries_; }
  std::size_t size() const { return entries_ ? entries_->size() : 0; }
  // How many of them are PUBACKs.
  std::size_t puback_count() const { return puback_count_; }

 private:
  std::unique_ptr<std::deque<Entry>> entries_;
  std::uint64_t next_ = 0;
  std::size_t puback_count_ = 0;
};

}  // namespace tenon::session
