#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace tenon::stack {

// "192.0.2.1:1234", "[2001:db8::1]:1234" or "unix"; `family` is one of TENON_PEER_*, `addr` in network byte
// order.
std::string peer_text(std::uint32_t family, const std::array<std::uint8_t, 16>& addr, std::uint16_t port);

// 127.0.0.0/8, ::1, IPv4-mapped loopback, or a unix socket.
bool is_loopback(std::uint32_t family, const std::array<std::uint8_t, 16>& addr);

}  // namespace tenon::stack
