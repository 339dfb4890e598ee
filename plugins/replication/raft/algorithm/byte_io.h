#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tenon::raft {

// Appends little-endian numbers and raw bytes to a string of the caller's.
class ByteWriter {
 public:
  explicit ByteWriter(std::string& out) : out_(out) {}

  void u8(std::uint8_t value) { out_.push_back(static_cast<char>(value)); }
  void u16(std::uint16_t value) { fixed(value); }
  void u32(std::uint32_t value) { fixed(value); }
  void u64(std::uint64_t value) { fixed(value); }
  void raw(std::string_view value) { out_.append(value); }

 private:
  template <std::unsigned_integral T>
  void fixed(T value) {
    for (std::size_t i = 0; i < sizeof(T); ++i) out_.push_back(static_cast<char>(value >> (8 * i)));
  }

  std::string& out_;
};

// Reads what a ByteWriter wrote. The first read beyond the end, and each one after it, gives zero or empty
// and ok() is false from then on: look at it before a value is believed. Texts are views of the input.
class ByteReader {
 public:
  explicit ByteReader(std::string_view in) : in_(in) {}

  std::uint8_t u8() { return fixed<std::uint8_t>(); }
  std::uint16_t u16() { return fixed<std::uint16_t>(); }
  std::uint32_t u32() { return fixed<std::uint32_t>(); }
  std::uint64_t u64() { return fixed<std::uint64_t>(); }
  std::string_view raw(std::size_t size) {
    if (size > in_.size()) {
      ok_ = false;
      in_ = {};
      return {};
    }
    const std::string_view value = in_.substr(0, size);
    in_.remove_prefix(size);
    return value;
  }

  bool ok() const { return ok_; }
  std::size_t left() const { return in_.size(); }

 private:
  template <std::unsigned_integral T>
  T fixed() {
    const std::string_view value = raw(sizeof(T));
    std::uint64_t result = 0;
    for (std::size_t i = 0; i < value.size(); ++i)
      result |= std::uint64_t{static_cast<unsigned char>(value[i])} << (8 * i);
    return static_cast<T>(result);
  }

  std::string_view in_;
  bool ok_ = true;
};

}  // namespace tenon::raft
