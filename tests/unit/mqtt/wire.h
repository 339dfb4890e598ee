#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "mqtt/byte_buffer.h"
#include "mqtt/decode.h"
#include "mqtt/encode.h"
#include "mqtt/frame.h"

// Builds packets byte by byte, independently of the encoders.

namespace tenon::mqtt::test {

class Wire {
 public:
  Wire() = default;
  Wire(std::initializer_list<int> bytes) {
    for (const int byte : bytes) data_.push_back(static_cast<std::uint8_t>(byte));
  }
  Wire& byte(unsigned value) {
    data_.push_back(static_cast<std::uint8_t>(value));
    return *this;
  }
  Wire& two(unsigned value) { return byte(value >> 8).byte(value); }
  Wire& four(std::uint32_t value) { return two(value >> 16).two(value & 0xFFFF); }
  Wire& varint(std::uint32_t value) {
    for (; value >= 128; value /= 128) byte(value % 128 + 128);
    return byte(value);
  }
  Wire& raw(std::string_view value) {
    data_.insert(data_.end(), value.begin(), value.end());
    return *this;
  }
  Wire& text(std::string_view value) { return two(static_cast<unsigned>(value.size())).raw(value); }
  Wire& add(const Wire& other) {
    data_.insert(data_.end(), other.data_.begin(), other.data_.end());
    return *this;
  }
  // A property length and the properties.
  Wire& properties(const Wire& block) {
    return varint(static_cast<std::uint32_t>(block.data_.size())).add(block);
  }
  // This as the body behind a fixed header.
  Wire packet(unsigned first_byte) const {
    return Wire().byte(first_byte).varint(static_cast<std::uint32_t>(data_.size())).add(*this);
  }

  const std::vector<std::uint8_t>& data() const { return data_; }
  std::size_t size() const { return data_.size(); }
  operator Bytes() const { return data_; }  // NOLINT(google-explicit-constructor)

 private:
  std::vector<std::uint8_t> data_;
};

inline Wire user_property(std::string_view name, std::string_view value) {
  return Wire({0x26}).text(name).text(value);
}

// The frame of one whole packet, without the checks of find_frame. `packet` outlives it.
inline Frame frame_of(const Wire& packet) {
  const Bytes bytes = packet;
  std::size_t at = 1;
  while (bytes[at++] & 0x80) {
  }
  return {.type = static_cast<PacketType>(bytes[0] >> 4),
          .flags = static_cast<std::uint8_t>(bytes[0] & 0x0F),
          .header_bytes = static_cast<std::uint8_t>(at),
          .body = bytes.subspan(at)};
}

inline std::vector<std::uint8_t> copy_of(Bytes bytes) {
  return {bytes.begin(), bytes.end()};
}
inline std::string string_of(Bytes bytes) {
  return std::string(as_text(bytes));
}

inline std::vector<std::pair<std::string, std::string>> pairs_of(const UserProperties& user) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const UserProperty property : user) pairs.emplace_back(property.name, property.value);
  return pairs;
}

// Refused with that code, and with a reason that has the words in it.
inline ::testing::AssertionResult refused(const DecodeError& error, ReasonCode code, std::string_view words) {
  if (!error) return ::testing::AssertionFailure() << "was accepted";
  const std::string text = to_string(error);
  if (error.code == code && text.find(words) != std::string::npos) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "refused with " << to_string(error.code) << ": " << text;
}

constexpr Version all_versions[] = {Version::v3_1, Version::v3_1_1, Version::v5};
constexpr Version v3_versions[] = {Version::v3_1, Version::v3_1_1};

inline EncodeLimits limits(Version version) {
  return {.version = version};
}

}  // namespace tenon::mqtt::test
