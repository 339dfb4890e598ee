#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tenon::broker {

// Addresses that begin with the same bits: "192.0.2.7", "192.0.2.0/24", "2001:db8::/32". IPv4 addresses that
// are written as IPv6 ones (::ffff:192.0.2.7) are the IPv4 ones. Pure.
class AddressRange {
 public:
  // Empty: it is no such text. Bits behind the prefix don't count.
  static std::optional<AddressRange> read(std::string_view text);

  // `family` is one of TENON_PEER_*, `address` in network byte order; of no other family anything is in it.
  bool contains(std::uint32_t family, const std::array<std::uint8_t, 16>& address) const;
  // Whether all addresses of a family are in it.
  bool is_everything() const { return bits_ == (is_v4_ ? 96u : 0u); }
  // As short as it can be written; the same for all texts that mean the same.
  std::string text() const;

 private:
  std::array<std::uint8_t, 16> bytes_{};  // as IPv6
  std::uint32_t bits_ = 0;                // of those
  bool is_v4_ = false;
};

}  // namespace tenon::broker
