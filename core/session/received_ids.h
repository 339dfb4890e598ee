#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <vector>

#include "mqtt/types.h"

namespace tenon::session {

// Packet ids of QoS 2 messages that the client has sent and not yet released. [MQTT-4.3.3-10] [MQTT-4.3.3-12]
// Sorted. Holds no memory before the first one, as few clients send with QoS 2: a pointer instead of a
// vector. Pure; not thread-safe.
class ReceivedIds {
 public:
  bool contains(mqtt::PacketId id) const {
    return ids_ && std::binary_search(ids_->begin(), ids_->end(), id);
  }
  // False when it is there already.
  bool insert(mqtt::PacketId id) {
    if (!ids_) ids_ = std::make_unique<std::vector<mqtt::PacketId>>();
    const auto at = std::lower_bound(ids_->begin(), ids_->end(), id);
    if (at != ids_->end() && *at == id) return false;
    ids_->insert(at, id);
    return true;
  }
  // False when it is not there.
  bool erase(mqtt::PacketId id) {
    if (!ids_) return false;
    const auto at = std::lower_bound(ids_->begin(), ids_->end(), id);
    if (at == ids_->end() || *at != id) return false;
    ids_->erase(at);
    return true;
  }
  std::size_t size() const { return ids_ ? ids_->size() : 0; }

 private:
  std::unique_ptr<std::vector<mqtt::PacketId>> ids_;
};

}  // namespace tenon::session
