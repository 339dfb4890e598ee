#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "mqtt/types.h"
#include "mqtt/writer.h"

// The fast path of PUBLISH: everything in front of the payload (the head) is sized exactly, written in one
// pass, and may be copied to many receivers with only packet id, topic alias, expiry and DUP patched. That is
// what session::Publication::head() buys its instructions with. The payload follows it, copied or by
// reference.

namespace tenon::mqtt {

struct PublishFields {
  Version version = Version::v5;
  QoS qos = QoS::at_most_once;
  bool retain = false;
  bool dup = false;
  std::string_view topic;                           // empty only with a topic alias in 5.0
  PacketId packet_id = PacketId::none;              // may be patched later
  Bytes forwarded;                                  // as ForwardedProperties::copy_to writes it; 5.0 only
  std::optional<std::uint32_t> message_expiry_s;    // 5.0 only
  std::uint16_t topic_alias = 0;                    // 0: none; else it may be patched later; 5.0 only
  std::span<const std::uint32_t> subscription_ids;  // each 1..268435455; 5.0 only
  std::uint32_t payload_bytes = 0;
};

// Where things stand in the head of one PublishFields. Offsets count from the packet's first byte; 0 means
// "not there".
struct PublishLayout {
  std::uint32_t remaining_length = 0;
  std::uint32_t property_length = 0;
  std::uint32_t head_bytes = 0;
  std::uint32_t packet_bytes = 0;  // head and payload: compare with the receiver's maximum [MQTT-3.1.2-24]
  std::uint32_t packet_id_offset = 0;
  std::uint32_t expiry_offset = 0;
  std::uint32_t alias_offset = 0;

  // False: longer than the protocol can say, or a string above 65535 bytes; must not be written.
  bool fits() const { return packet_bytes != 0; }
};

PublishLayout lay_out(const PublishFields& fields);
// Into what is there: a copy of a result that has just been written waits until all of it has been
// (docs/internals/tricks.md).
void lay_out(const PublishFields& fields, PublishLayout& ret_layout);

// Writes layout.head_bytes bytes at `out`. REQUIRES: layout is lay_out(fields), and fits().
void write_head(const PublishFields& fields, const PublishLayout& layout, std::uint8_t* out);

// Patches in a written head. REQUIRES: the offset is not 0.
inline void patch_packet_id(std::uint8_t* head, const PublishLayout& layout, PacketId id) {
  store_be16(head + layout.packet_id_offset, number(id));
}
inline void patch_expiry(std::uint8_t* head, const PublishLayout& layout, std::uint32_t message_expiry_s) {
  store_be32(head + layout.expiry_offset, message_expiry_s);
}
// REQUIRES, too: alias is not 0 [MQTT-3.3.2-8].
inline void patch_topic_alias(std::uint8_t* head, const PublishLayout& layout, std::uint16_t alias) {
  store_be16(head + layout.alias_offset, alias);
}
// Marks the packet as one sent before [MQTT-3.3.1-1]. REQUIRES: QoS above 0 [MQTT-3.3.1-2].
inline void patch_dup(std::uint8_t* head) {
  head[0] |= 0x08;
}

}  // namespace tenon::mqtt
