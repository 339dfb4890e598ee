#include "load/wire/publish_template.h"

namespace tenon::load {

namespace {

// Recognisable in a packet capture, and no run of zeros that a broker or file system might treat specially.
constexpr std::uint8_t filler(std::size_t at) {
  return static_cast<std::uint8_t>('a' + at % 26);
}

void write_digits(std::uint8_t* end, std::uint32_t number) {
  for (std::size_t i = 0; i < topic_number_digits; ++i) {
    *--end = static_cast<std::uint8_t>('0' + number % 10);
    number /= 10;
  }
}

}  // namespace

PublishTemplate::PublishTemplate(Version version, Qos qos, Retain retain, std::string_view topic,
                                 std::size_t payload_bytes) {
  const std::size_t body_bytes = 2 + topic.size() + (qos != Qos::at_most_once ? 2 : 0) +
                                 (version == Version::v5 ? 1 : 0) + payload_bytes;
  bytes_.push_back(static_cast<std::uint8_t>(first_byte(PacketType::publish) |
                                             (static_cast<unsigned>(qos) << 1) |
                                             (retain == Retain::yes ? 1U : 0U)));
  append_varint(bytes_, static_cast<std::uint32_t>(body_bytes));
  append_string(bytes_, topic);
  topic_end_ = bytes_.size();
  if (qos != Qos::at_most_once) {
    packet_id_at_ = bytes_.size();
    append_u16(bytes_, 0);
  }
  if (version == Version::v5) append_varint(bytes_, 0);
  payload_at_ = bytes_.size();
  for (std::size_t i = 0; i < payload_bytes; ++i) bytes_.push_back(filler(i));
}

void PublishTemplate::set_topic_number(std::uint32_t number) {
  write_digits(bytes_.data() + topic_end_, number);
}

std::string numbered_topic(std::string_view prefix, std::uint32_t number) {
  std::string topic(prefix);
  topic += '/';
  topic.append(topic_number_digits, '0');
  write_digits(reinterpret_cast<std::uint8_t*>(topic.data()) + topic.size(), number);
  return topic;
}

}  // namespace tenon::load
