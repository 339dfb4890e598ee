#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/bytes.h"
#include "mqtt/encode.h"
#include "mqtt/types.h"
#include "mqtt/varint.h"

// A packet's body is written down once, as a template over a sink; Counter finds its size, Emitter writes it.

namespace tenon::mqtt::encoding {

constexpr std::size_t string_bytes_max = 65'535;

// What may be left out of a packet that would be too large.
struct Extras {
  bool user_properties = true;
  bool reason_string = true;
};

// Counts what Emitter would write.
class Counter {
 public:
  explicit Counter(Extras extras) : extras_(extras) {}
  std::size_t count() const { return count_; }
  // False once a string was longer than its length field can say, or an integer too large.
  bool fits() const { return fits_; }
  Extras extras() const { return extras_; }

  void byte(std::uint8_t) { count_ += 1; }
  void two_bytes(std::uint16_t) { count_ += 2; }
  void four_bytes(std::uint32_t) { count_ += 4; }
  void varint(std::uint32_t value) {
    fits_ = fits_ && value <= varint_max;
    count_ += varint_bytes(value);
  }
  void text(std::string_view value) { binary(as_bytes(value)); }
  void binary(Bytes value) {
    fits_ = fits_ && value.size() <= string_bytes_max;
    count_ += 2 + value.size();
  }
  void raw(Bytes value) { count_ += value.size(); }
  void user(const UserProperties& value) { count_ += value.encoded_bytes(); }
  void add(const Counter& other) {
    count_ += other.count_;
    fits_ = fits_ && other.fits_;
  }

 private:
  std::size_t count_ = 0;
  bool fits_ = true;
  Extras extras_;
};

// Writes at a pointer behind which Counter found room.
class Emitter {
 public:
  Emitter(std::uint8_t* out, Extras extras) : out_(out), extras_(extras) {}
  std::uint8_t* position() const { return out_; }
  Extras extras() const { return extras_; }

  void byte(std::uint8_t value) { *out_++ = value; }
  void two_bytes(std::uint16_t value) {
    store_be16(out_, value);
    out_ += 2;
  }
  void four_bytes(std::uint32_t value) {
    store_be32(out_, value);
    out_ += 4;
  }
  void varint(std::uint32_t value) { out_ = store_varint(out_, value); }
  void text(std::string_view value) { binary(as_bytes(value)); }
  void binary(Bytes value) {
    two_bytes(static_cast<std::uint16_t>(value.size()));
    raw(value);
  }
  void raw(Bytes value) {
    if (!value.empty()) std::memcpy(out_, value.data(), value.size());
    out_ += value.size();
  }
  void user(const UserProperties& value) { out_ = value.copy_to(out_); }

 private:
  std::uint8_t* out_;
  Extras extras_;
};

// Writes one packet whose body is `body(sink)`, called for each kind of sink. too_large, unrepresentable or
// no_space leave `out` as it was.
template <class Body>
EncodeStatus write_packet(Writer& out, std::uint8_t first_byte, std::uint32_t packet_bytes_max, Extras extras,
                          const Body& body) {
  Counter counter(extras);
  body(counter);
  if (!counter.fits() || counter.count() > varint_max) return EncodeStatus::unrepresentable;
  const auto length = static_cast<std::uint32_t>(counter.count());
  const std::size_t size_bytes = 1 + varint_bytes(length) + std::size_t{length};
  if (size_bytes > packet_bytes_max) return EncodeStatus::too_large;
  std::uint8_t* const start = out.extend(size_bytes);
  if (!start) return EncodeStatus::no_space;
  Emitter emitter(start, extras);
  emitter.byte(first_byte);
  emitter.varint(length);
  body(emitter);
  TENON_DCHECK(emitter.position() == start + size_bytes);
  return EncodeStatus::ok;
}

// As write_packet; when the packet is too large, without user properties, then without its reason string as
// well.
template <class Body>
EncodeStatus write_packet_trimmed(Writer& out, std::uint8_t first_byte, std::uint32_t packet_bytes_max,
                                  Extras extras, const Body& body) {
  EncodeStatus status = write_packet(out, first_byte, packet_bytes_max, extras, body);
  if (status == EncodeStatus::too_large && extras.user_properties) {
    extras.user_properties = false;
    status = write_packet(out, first_byte, packet_bytes_max, extras, body);
  }
  if (status == EncodeStatus::too_large && extras.reason_string) {
    extras.reason_string = false;
    status = write_packet(out, first_byte, packet_bytes_max, extras, body);
  }
  return status;
}

// [MQTT-3.1.2-29], for packets other than PUBLISH, CONNACK and DISCONNECT.
inline Extras extras_for(const EncodeLimits& limits) {
  const bool send = limits.problem_information == ProblemInformation::send;
  return {.user_properties = send, .reason_string = send};
}

constexpr std::uint8_t first_byte(PacketType type, std::uint8_t flags = 0) {
  return static_cast<std::uint8_t>((static_cast<unsigned>(type) << 4) | flags);
}

}  // namespace tenon::mqtt::encoding
