#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

// What SCRAM-SHA-256 (RFC 5802, RFC 7677) keeps of a password. Pure; any thread; each throws sdk::Failure
// when libcrypto has no memory left.

namespace tenon::auth_file {

inline constexpr std::size_t scram_key_bytes = 32;
using ScramKey = std::array<std::uint8_t, scram_key_bytes>;

struct ScramKeys {
  ScramKey stored{};  // proves that the client knows the password
  ScramKey server{};  // proves to the client that the broker knows it
};

ScramKey scram_hash(std::span<const std::uint8_t> bytes);
ScramKey scram_hmac(std::span<const std::uint8_t> key, std::span<const std::uint8_t> bytes);

// RFC 5802 section 3. REQUIRES: iterations > 0.
ScramKeys scram_keys_of(std::span<const std::uint8_t> password, std::span<const std::uint8_t> salt,
                        std::uint32_t iterations);

}  // namespace tenon::auth_file
