#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace tenon {

// The form of everything that nodes write for each other or for a later start of their own: little-endian
// numbers, varints (LEB128, 64 bits at most), and bytes behind their length as a varint.
//
// A record grows at its end only: a reader takes what it knows and leaves the rest; what an older writer did
// not write reads as zero or empty through the `_or` members.

inline constexpr std::size_t varint_bytes_max = 10;
// The bytes of a varint, at most varint_bytes_max.
inline std::size_t varint_size(std::uint64_t value) {
  std::size_t size = 1;
  for (; value >= 0x80; value >>= 7) ++size;
  return size;
}
// Returns where it ends. REQUIRES: room for it.
inline char* put_varint(char* to, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) *to++ = static_cast<char>(value | 0x80);
  *to++ = static_cast<char>(value);
  return to;
}

// Appends to a string of the caller's.
class WireWriter {
 public:
  explicit WireWriter(std::string& out) : out_(out) {}

  void u8(std::uint8_t value) { out_.push_back(static_cast<char>(value)); }
  void u16(std::uint16_t value) { fixed(value); }
  void u32(std::uint32_t value) { fixed(value); }
  void u64(std::uint64_t value) { fixed(value); }
  void varint(std::uint64_t value) {
    if (value < 0x80) return u8(static_cast<std::uint8_t>(value));
    std::array<char, varint_bytes_max> bytes;
    out_.append(bytes.data(), put_varint(bytes.data(), value));
  }
  void bytes(std::string_view value) {
    varint(value.size());
    out_.append(value);
  }
  void bytes(Bytes value) { bytes(as_text(value)); }
  // Without a length: the reader knows where it ends.
  void raw(std::string_view value) { out_.append(value); }

  std::string& out() { return out_; }

 private:
  template <std::unsigned_integral T>
  void fixed(T value) {
    std::array<char, sizeof(T)> bytes;
    for (std::size_t i = 0; i < sizeof(T); ++i) bytes[i] = static_cast<char>(value >> (8 * i));
    out_.append(bytes.data(), bytes.size());
  }

  std::string& out_;
};

// Reads what a WireWriter wrote. The first read beyond the end, and each one after it, gives zero or empty
// and ok() is false from then on: look at it once, behind the last read. Texts are views of the input.
class WireReader {
 public:
  explicit WireReader(std::string_view in) : in_(in) {}
  explicit WireReader(Bytes in) : in_(as_text(in)) {}

  std::uint8_t u8() {
    if (in_.empty()) [[unlikely]] {
      fail();
      return 0;
    }
    const auto value = static_cast<std::uint8_t>(in_.front());
    in_.remove_prefix(1);
    return value;
  }
  std::uint16_t u16() { return fixed<std::uint16_t>(); }
  std::uint32_t u32() { return fixed<std::uint32_t>(); }
  std::uint64_t u64() { return fixed<std::uint64_t>(); }
  std::uint64_t varint() {
    if (!in_.empty() && static_cast<std::uint8_t>(in_.front()) < 0x80) [[likely]]
      return u8();
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::uint8_t byte = u8();
      // The tenth byte has room for one bit.
      if (shift == 63 && byte > 1) break;
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if ((byte & 0x80) == 0) return ok_ ? value : 0;
    }
    fail();
    return 0;
  }
  std::string_view bytes() { return raw(varint()); }
  std::string_view raw(std::uint64_t size) {
    if (size > in_.size()) {
      fail();
      return {};
    }
    const std::string_view value = in_.substr(0, size);
    in_.remove_prefix(size);
    return value;
  }
  // As the members above, for what an older writer may not have written.
  std::uint64_t varint_or(std::uint64_t missing) { return at_end() ? missing : varint(); }
  std::uint8_t u8_or(std::uint8_t missing) { return at_end() ? missing : u8(); }

  bool ok() const { return ok_; }
  bool at_end() const { return in_.empty(); }
  std::string_view rest() const { return in_; }
  // For readers of a larger form: what was read makes no sense.
  void fail() {
    ok_ = false;
    in_ = {};
  }

 private:
  template <std::unsigned_integral T>
  T fixed() {
    const std::string_view value = raw(sizeof(T));
    T result = 0;
    for (std::size_t i = 0; i < value.size(); ++i)
      result = static_cast<T>(result |
                              static_cast<T>(static_cast<T>(static_cast<std::uint8_t>(value[i])) << (8 * i)));
    return result;
  }

  std::string_view in_;
  bool ok_ = true;
};

}  // namespace tenon
