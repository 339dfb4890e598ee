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
    if (!owed_) owed_ = std::make_unique<Owed>();
    owed_->entries.push_back(entry);
    if (entry.type == mqtt::PacketType::puback) ++owed_->puback_count;
    if (is_refusal(entry)) ++owed_->refusal_count;
    ++next_;
  }
  // False for a token that is not open.
  bool set_ready(PublishToken token, mqtt::ReasonCode code) {
    const std::uint64_t number = static_cast<std::uint64_t>(token);
    const std::uint64_t first = next_ - size();
    if (number < first || number >= next_) return false;
    Entry& entry = owed_->entries[number - first];
    if (entry.code) return false;
    entry.code = code;
    if (is_refusal(entry)) ++owed_->refusal_count;
    return true;
  }
  // The oldest entry, when it is ready.
  std::optional<Entry> pop_ready() {
    if (empty() || !owed_->entries.front().code) return std::nullopt;
    const Entry entry = owed_->entries.front();
    owed_->entries.pop_front();
    if (entry.type == mqtt::PacketType::puback) --owed_->puback_count;
    if (is_refusal(entry)) --owed_->refusal_count;
    if (owed_->entries.empty()) owed_.reset();
    return entry;
  }
  // Whether this very acknowledgement is among those owed.
  bool owes(mqtt::PacketType type, mqtt::PacketId id) const {
    return owed_ && std::any_of(owed_->entries.begin(), owed_->entries.end(), [&](const Entry& entry) {
             return entry.type == type && entry.packet_id == id;
           });
  }
  // Whether a message was not kept in time (server_unavailable), and its publisher has not been told.
  bool owes_refusal() const { return owed_ && owed_->refusal_count != 0; }
  bool empty() const { return !owed_; }
  std::size_t size() const { return owed_ ? owed_->entries.size() : 0; }
  // How many of them are PUBACKs.
  std::size_t puback_count() const { return owed_ ? owed_->puback_count : 0; }

 private:
  struct Owed {
    std::deque<Entry> entries;
    std::size_t puback_count = 0;
    std::size_t refusal_count = 0;
  };
  static bool is_refusal(const Entry& entry) { return entry.code == mqtt::ReasonCode::server_unavailable; }

  std::unique_ptr<Owed> owed_;  // null while empty
  std::uint64_t next_ = 0;
};

}  // namespace tenon::session
