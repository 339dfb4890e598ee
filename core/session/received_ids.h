#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "mqtt/types.h"

namespace tenon::session {

// Packet ids of QoS 2 messages that the client has sent and not yet released. [MQTT-4.3.3-10] [MQTT-4.3.3-12]
// One of an earlier connection becomes this one's when it is sent again. Holds no memory before the first
// one, as few clients send with QoS 2: a pointer instead of a vector. Pure; not thread-safe.
class ReceivedIds {
 public:
  bool contains(mqtt::PacketId id) const {
    if (!ids_) return false;
    const auto at = place_of(id);
    return at != ids_->sorted.end() && at->id == id;
  }
  // False when it is there already.
  bool insert(mqtt::PacketId id) { return insert(id, false); }
  // The same for one of an earlier connection.
  bool insert_earlier(mqtt::PacketId id) { return insert(id, true); }
  // False when it is not there.
  bool erase(mqtt::PacketId id) {
    if (!ids_) return false;
    const auto at = place_of(id);
    if (at == ids_->sorted.end() || at->id != id) return false;
    ids_->earlier_count -= at->is_earlier;
    ids_->sorted.erase(at);
    return true;
  }
  std::size_t size() const { return ids_ ? ids_->sorted.size() : 0; }
  // Of this connection.
  std::size_t own_count() const { return ids_ ? ids_->sorted.size() - ids_->earlier_count : 0; }

 private:
  struct Entry {
    mqtt::PacketId id;
    bool is_earlier;
  };
  struct Ids {
    std::vector<Entry> sorted;
    std::size_t earlier_count = 0;
  };

  std::vector<Entry>::iterator place_of(mqtt::PacketId id) const {
    return std::lower_bound(ids_->sorted.begin(), ids_->sorted.end(), id,
                            [](const Entry& entry, mqtt::PacketId wanted) { return entry.id < wanted; });
  }
  bool insert(mqtt::PacketId id, bool is_earlier) {
    if (!ids_) ids_ = std::make_unique<Ids>();
    const auto at = place_of(id);
    if (at == ids_->sorted.end() || at->id != id) {
      ids_->sorted.insert(at, {id, is_earlier});
      ids_->earlier_count += is_earlier;
      return true;
    }
    if (!is_earlier) ids_->earlier_count -= std::exchange(at->is_earlier, false);
    return false;
  }

  std::unique_ptr<Ids> ids_;
};

}  // namespace tenon::session
