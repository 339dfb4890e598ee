#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/text/utf8.h"
#include "mqtt/decode_error.h"
#include "mqtt/types.h"
#include "mqtt/varint.h"

namespace tenon::mqtt::decoding {

// Takes values off the front of a packet's body. The first failure is kept in error(); each function returns
// false when it fails, and `out` is unspecified then. `field` is a static text that names what is read.
class Reader {
 public:
  explicit Reader(Bytes bytes) : next_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  std::size_t left() const { return static_cast<std::size_t>(end_ - next_); }
  bool at_end() const { return next_ == end_; }
  const std::uint8_t* position() const { return next_; }
  Bytes rest() const { return {next_, left()}; }
  const DecodeError& error() const { return error_; }

  // Keeps the error; always false, so that checks can end in it. Cold, as find_frame() says.
  [[gnu::cold]] bool fail(ReasonCode code, const char* field, const char* reason) {
    error_ = {code, field, reason};
    return false;
  }
  bool malformed(const char* field, const char* reason) {
    return fail(ReasonCode::malformed_packet, field, reason);
  }

  bool byte(const char* field, std::uint8_t& out) {
    if (left() < 1) return cut_short(field);
    out = *next_++;
    return true;
  }
  bool two_bytes(const char* field, std::uint16_t& out) {
    if (left() < 2) return cut_short(field);
    out = load_be16(next_);
    next_ += 2;
    return true;
  }
  bool four_bytes(const char* field, std::uint32_t& out) {
    if (left() < 4) return cut_short(field);
    out = load_be32(next_);
    next_ += 4;
    return true;
  }
  // [MQTT-1.5.5-1]
  bool varint(const char* field, std::uint32_t& out) {
    out = 0;
    for (unsigned i = 0; i < 4; ++i) {
      if (at_end()) return cut_short(field);
      const std::uint8_t byte = *next_++;
      out |= static_cast<std::uint32_t>(byte & 0x7F) << (7 * i);
      if (byte & 0x80) continue;
      return byte == 0 && i > 0 ? malformed(field, "is not in its shortest form") : true;
    }
    return malformed(field, "has more than four bytes");
  }
  // Bytes behind a two-byte length.
  bool binary(const char* field, Bytes& out) {
    std::uint16_t count = 0;
    if (!two_bytes(field, count)) return false;
    if (left() < count) return cut_short(field);
    out = {next_, count};
    next_ += count;
    return true;
  }
  // [MQTT-1.5.4-1] [MQTT-1.5.4-2] (3.1.1: [MQTT-1.5.3-1] [MQTT-1.5.3-2])
  bool text(const char* field, std::string_view& out) {
    Bytes bytes;
    if (!binary(field, bytes)) return false;
    out = as_text(bytes);
    return is_well_formed_text(out) ? true : malformed(field, not_utf8);
  }
  // A topic name, possibly empty. [MQTT-3.3.2-1] [MQTT-3.3.2-2]
  bool name(const char* field, std::string_view& out) {
    Bytes bytes;
    if (!binary(field, bytes)) return false;
    out = as_text(bytes);
    const TextScan scan = scan_text(out);
    if (!scan.well_formed) [[unlikely]]
      return malformed(field, not_utf8);
    if (scan.has_wildcard) [[unlikely]]
      return fail(ReasonCode::topic_name_invalid, field, "has a wildcard");
    return true;
  }
  // [MQTT-2.2.1-3] [MQTT-2.2.1-4] (3.1.1: [MQTT-2.3.1-1])
  bool packet_id(PacketId& out) {
    std::uint16_t value = 0;
    if (!two_bytes("packet identifier", value)) return false;
    out = static_cast<PacketId>(value);
    return value != 0 ? true : fail(ReasonCode::protocol_error, "packet identifier", "is 0");
  }
  bool nothing_left(const char* field) {
    return at_end() ? true : malformed(field, "has bytes behind its last field");
  }
  // Takes the next `count` bytes apart as a reader of their own.
  bool sub_reader(const char* field, std::uint32_t count, Reader& out) {
    if (left() < count) return cut_short(field);
    out = Reader(Bytes{next_, count});
    next_ += count;
    return true;
  }

 private:
  static constexpr const char* not_utf8 = "is not well-formed UTF-8";
  bool cut_short(const char* field) { return malformed(field, "is cut short"); }

  const std::uint8_t* next_;
  const std::uint8_t* end_;
  DecodeError error_;
};

// Runs `read(reader, draft)` over the body and turns its verdict into a Decoded.
template <class Packet, class Read>
Decoded<Packet> run(Bytes body, Read read) {
  Decoded<Packet> result;
  Reader reader(body);
  if (!read(reader, result.draft())) [[unlikely]]
    result.fail(reader.error());
  return result;
}

}  // namespace tenon::mqtt::decoding
