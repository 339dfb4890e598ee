#pragma once

#include <openssl/bio.h>

#include <cstdint>
#include <span>
#include <vector>

namespace tenon::filter_tls {

// Where OpenSSL reads and writes during one call of the filter: bytes from below that are borrowed, and a
// buffer for what goes back.
struct SpanBio {
  std::span<const std::uint8_t> input;
  std::vector<std::uint8_t>* output = nullptr;

  // A BIO over `ends`, which outlives it. Null: out of memory.
  static BIO* make(SpanBio* ends);
};

}  // namespace tenon::filter_tls
