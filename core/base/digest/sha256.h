#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace tenon {

using Sha256Digest = std::array<std::uint8_t, 32>;

// SHA-256 (FIPS 180-4). Some 200 MB/s: for handshakes and names, not for bulk data. Any thread.
Sha256Digest sha256(std::string_view text);

// HMAC with SHA-256 (RFC 2104). Any thread.
Sha256Digest hmac_sha256(std::string_view key, std::string_view text);

// Compares in a time that does not depend on where the two differ. Any thread.
bool equal_digests(const Sha256Digest& a, const Sha256Digest& b);

}  // namespace tenon
