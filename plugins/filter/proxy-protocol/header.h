#pragma once

#include <tenon/draft/transport.h>

#include <cstdint>
#include <span>

namespace tenon::filter_proxy {

// What a PROXY header says, version 1 (text) or 2 (binary). Pure.
struct Header {
  enum class Status : std::uint8_t { incomplete, complete, wrong };
  Status status = Status::incomplete;
  std::size_t size_bytes = 0;  // complete: of the header; what follows is the link's own
  bool has_peer = false;       // false: the proxy speaks for itself, or does not know
  tenon_peer_info peer{};      // complete, has_peer
  const char* why = "";        // wrong
};

// The longest header that is read; incomplete is never said of more.
constexpr std::size_t header_bytes_max = 2048;

// Reads the header that the bytes begin with. `incomplete` means that each continuation is still possible:
// what can't become a header is wrong at the first byte that shows it.
Header read_header(std::span<const std::uint8_t> bytes);

}  // namespace tenon::filter_proxy
