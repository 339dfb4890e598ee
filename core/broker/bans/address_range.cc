#include "broker/bans/address_range.h"

#include <arpa/inet.h>
#include <tenon/draft/transport.h>

#include <algorithm>
#include <charconv>

namespace tenon::broker {

namespace {

using Bytes16 = std::array<std::uint8_t, 16>;

constexpr std::uint32_t v4_offset = 12;  // bytes, in the IPv6 form
constexpr std::array<std::uint8_t, v4_offset> v4_prefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

Bytes16 as_v6(std::uint32_t family, const Bytes16& address) {
  if (family != TENON_PEER_IPV4) return address;
  Bytes16 out{};
  std::copy(v4_prefix.begin(), v4_prefix.end(), out.begin());
  std::copy_n(address.begin(), 4, out.begin() + v4_offset);
  return out;
}

bool is_v4(const Bytes16& address) {
  return std::equal(v4_prefix.begin(), v4_prefix.end(), address.begin());
}

// Of the byte at `index`, those that the first `bits` bits reach.
std::uint8_t mask_of(std::uint32_t bits, std::uint32_t index) {
  const std::uint32_t before = index * 8;
  if (bits >= before + 8) return 0xff;
  if (bits <= before) return 0;
  return static_cast<std::uint8_t>(0xff << (8 - (bits - before)));
}

}  // namespace

std::optional<AddressRange> AddressRange::read(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string address(text.substr(0, slash));
  AddressRange range;
  Bytes16 bytes{};
  const bool written_as_v4 = inet_pton(AF_INET, address.c_str(), bytes.data()) == 1;
  if (!written_as_v4 && inet_pton(AF_INET6, address.c_str(), bytes.data()) != 1) return std::nullopt;
  // A NUL inside would hide what follows it.
  if (address.find('\0') != std::string::npos) return std::nullopt;
  range.bytes_ = written_as_v4 ? as_v6(TENON_PEER_IPV4, bytes) : bytes;
  range.bits_ = 128;
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    std::uint32_t bits = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (read.ec != std::errc() || read.ptr != digits.data() + digits.size()) return std::nullopt;
    if (bits > (written_as_v4 ? 32u : 128u)) return std::nullopt;
    range.bits_ = written_as_v4 ? bits + v4_offset * 8 : bits;
  }
  for (std::uint32_t i = 0; i < range.bytes_.size(); ++i) range.bytes_[i] &= mask_of(range.bits_, i);
  range.is_v4_ = is_v4(range.bytes_) && range.bits_ >= v4_offset * 8;
  return range;
}

bool AddressRange::contains(std::uint32_t family, const std::array<std::uint8_t, 16>& address) const {
  if (family != TENON_PEER_IPV4 && family != TENON_PEER_IPV6) return false;
  const Bytes16 bytes = as_v6(family, address);
  // "::/0" says IPv6, and not what IPv4 looks like in it.
  if (is_v4(bytes) != is_v4_) return false;
  for (std::uint32_t i = 0; i < bytes.size(); ++i)
    if ((bytes[i] & mask_of(bits_, i)) != bytes_[i]) return false;
  return true;
}

std::string AddressRange::text() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (is_v4_)
    inet_ntop(AF_INET, bytes_.data() + v4_offset, text.data(), text.size());
  else
    inet_ntop(AF_INET6, bytes_.data(), text.data(), text.size());
  if (bits_ == 128) return text.data();
  return std::string(text.data()) + "/" + std::to_string(is_v4_ ? bits_ - v4_offset * 8 : bits_);
}

}  // namespace tenon::broker
