#include "header.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <string>
#include <string_view>

namespace tenon::filter_proxy {
namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::string_view text_mark = "PROXY ";
constexpr std::array<std::uint8_t, 12> binary_mark = {0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D,
                                                      0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A};
constexpr std::size_t text_bytes_max = 107;  // with its line end
constexpr std::size_t binary_head_bytes = 16;

Header wrong(const char* why) {
  Header header;
  header.status = Header::Status::wrong;
  header.why = why;
  return header;
}

tenon_peer_info empty_peer(std::uint32_t family) {
  tenon_peer_info peer{};
  peer.struct_size = sizeof peer;
  peer.family = family;
  peer.unix_uid = -1;
  peer.unix_pid = -1;
  return peer;
}

template <class Mark>
bool begins_like(Bytes bytes, const Mark& mark) {
  const std::size_t len = std::min(bytes.size(), mark.size());
  return std::equal(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(len), mark.begin(),
                    [](std::uint8_t a, auto b) { return a == static_cast<std::uint8_t>(b); });
}

std::string_view cut_word(std::string_view& rest) {
  const std::size_t end = std::min(rest.find(' '), rest.size());
  const std::string_view word = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return word;
}

// Decimal, without sign or leading zeros.
bool read_port(std::string_view text, std::uint32_t& ret_port) {
  if (text.empty() || text.size() > 5 || (text.size() > 1 && text.front() == '0')) return false;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), ret_port);
  return failed == std::errc() && end == text.data() + text.size() && ret_port <= 65535;
}

bool read_address(std::uint32_t family, std::string_view text, std::uint8_t* ret_addr) {
  const int af = family == TENON_PEER_IPV4 ? AF_INET : AF_INET6;
  return inet_pton(af, std::string(text).c_str(), ret_addr) == 1;
}

// A proxy that listens for both families may say so of a client of IPv4. (RFC 4291 2.5.5.2)
void map_to_ipv4(tenon_peer_info& peer) {
  constexpr std::array<std::uint8_t, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  if (peer.family != TENON_PEER_IPV6 || !std::equal(mapped.begin(), mapped.end(), peer.addr)) return;
  peer.family = TENON_PEER_IPV4;
  std::copy_n(peer.addr + mapped.size(), 4, peer.addr);
  std::fill(peer.addr + 4, std::end(peer.addr), std::uint8_t{0});
}

Header read_line(std::string_view line, std::size_t size_bytes) {
  Header header;
  header.status = Header::Status::complete;
  header.size_bytes = size_bytes;
  std::string_view rest = line.substr(text_mark.size());
  const std::string_view protocol = cut_word(rest);
  if (protocol == "UNKNOWN") return header;
  if (protocol != "TCP4" && protocol != "TCP6") return wrong("a PROXY line of an unknown protocol");
  header.peer = empty_peer(protocol == "TCP4" ? TENON_PEER_IPV4 : TENON_PEER_IPV6);
  const std::string_view source = cut_word(rest);
  const std::string_view destination = cut_word(rest);
  const std::string_view source_port = cut_word(rest);
  const std::string_view destination_port = cut_word(rest);
  std::array<std::uint8_t, 16> unused{};
  if (!read_address(header.peer.family, source, header.peer.addr) ||
      !read_address(header.peer.family, destination, unused.data()))
    return wrong("a PROXY line with a malformed address");
  if (!read_port(source_port, header.peer.port) || !read_port(destination_port, header.peer.local_port) ||
      !rest.empty())
    return wrong("a PROXY line with a malformed port");
  map_to_ipv4(header.peer);
  header.has_peer = true;
  return header;
}

Header read_text(Bytes bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()),
                              std::min(bytes.size(), text_bytes_max));
  const std::size_t end = text.find("\r\n");
  if (end != std::string_view::npos)
    return end < text_mark.size() ? wrong("an empty PROXY line") : read_line(text.substr(0, end), end + 2);
  if (bytes.size() >= text_bytes_max) return wrong("a PROXY line that is too long");
  return {};
}

std::uint32_t number_at(Bytes bytes, std::size_t at) {
  return static_cast<std::uint32_t>(bytes[at] << 8 | bytes[at + 1]);
}

// The addresses of a binary header; what follows them, its extensions, is skipped.
Header read_binary(Bytes bytes) {
  if (bytes.size() > 12) {
    if (bytes[12] >> 4 != 2) return wrong("a PROXY header of an unknown version");
    if ((bytes[12] & 0x0F) > 1) return wrong("a PROXY header with an unknown command");
  }
  if (bytes.size() < binary_head_bytes) return {};
  const std::size_t size = binary_head_bytes + number_at(bytes, 14);
  if (size > header_bytes_max) return wrong("a PROXY header that is too long");
  if (bytes.size() < size) return {};
  Header header;
  header.status = Header::Status::complete;
  header.size_bytes = size;
  const bool is_local = (bytes[12] & 0x0F) == 0;
  const unsigned family = bytes[13] >> 4;
  if (is_local || family == 0) return header;
  const bool is_ipv4 = family == 1;
  if (family == 3) {
    if (size < binary_head_bytes + 216) return wrong("a PROXY header that is too short for its addresses");
    header.peer = empty_peer(TENON_PEER_UNIX);
    header.has_peer = true;
    return header;
  }
  if (family > 3) return wrong("a PROXY header with an unknown address family");
  const std::size_t address_bytes = is_ipv4 ? 4 : 16;
  if (size < binary_head_bytes + 2 * address_bytes + 4)
    return wrong("a PROXY header that is too short for its addresses");
  header.peer = empty_peer(is_ipv4 ? TENON_PEER_IPV4 : TENON_PEER_IPV6);
  std::memcpy(header.peer.addr, bytes.data() + binary_head_bytes, address_bytes);
  header.peer.port = number_at(bytes, binary_head_bytes + 2 * address_bytes);
  header.peer.local_port = number_at(bytes, binary_head_bytes + 2 * address_bytes + 2);
  map_to_ipv4(header.peer);
  header.has_peer = true;
  return header;
}

}  // namespace

Header read_header(Bytes bytes) {
  if (bytes.empty()) return {};
  if (bytes.front() == binary_mark.front())
    return begins_like(bytes, binary_mark) ? read_binary(bytes) : wrong("no PROXY header comes first");
  return begins_like(bytes, text_mark) ? read_text(bytes) : wrong("no PROXY header comes first");
}

}  // namespace tenon::filter_proxy
