#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "load/wire/packet_writer.h"
#include "load/wire/stamp.h"

namespace tenon::load {

enum class Retain : bool { no, yes };

// A PUBLISH encoded once, of which each copy differs only in packet id, stamp and, where a publisher serves
// many topics, in the topic's number. Copying costs one memcpy and a few stores.
class PublishTemplate {
 public:
  // `topic` is the whole topic name. When it ends in topic_number_digits() digits, set_topic_number may
  // change them.
  PublishTemplate(Version version, Qos qos, Retain retain, std::string_view topic, std::size_t payload_bytes);

  std::size_t size_bytes() const { return bytes_.size(); }

  // Writes one packet of size_bytes() at `at`. `packet_id` is ignored for QoS 0.
  void write(std::uint8_t* at, std::uint16_t packet_id, const Stamp& stamp) const {
    std::memcpy(at, bytes_.data(), bytes_.size());
    if (packet_id_at_ != 0) put_u16(at + packet_id_at_, packet_id);
    write_stamp({at + payload_at_, bytes_.size() - payload_at_}, stamp);
  }

  // Changes the topic of the copies that follow.
  void set_topic_number(std::uint32_t number);

 private:
  Bytes bytes_;
  std::size_t topic_end_ = 0;
  std::size_t packet_id_at_ = 0;  // 0: QoS 0 has none
  std::size_t payload_at_ = 0;
};

// Topics of numbered streams are "<prefix>/<number>", the number padded to this many digits so that all
// topics of a run are of one length.
inline constexpr std::size_t topic_number_digits = 8;
std::string numbered_topic(std::string_view prefix, std::uint32_t number);

}  // namespace tenon::load
