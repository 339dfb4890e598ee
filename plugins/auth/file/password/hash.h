#pragma once

#include <cstdint>
#include <span>

// The three functions that turn a password into the bytes a password file keeps. Pure; any thread; each
// throws sdk::Failure when its library has no memory left.

namespace tenon::auth_file {

using BytesView = std::span<const std::uint8_t>;
using BytesSpan = std::span<std::uint8_t>;

// SHA-512 of password and salt, one after the other. One fast hash is no protection against guessing: weak.
// REQUIRES: ret_hash holds 64 bytes.
void hash_sha512(BytesView password, BytesView salt, BytesSpan ret_hash);

// PBKDF2 with HMAC-SHA512 (RFC 8018 section 5.2). REQUIRES: iterations > 0.
void hash_pbkdf2_sha512(BytesView password, BytesView salt, std::uint32_t iterations, BytesSpan ret_hash);

// The inputs of Argon2id (RFC 9106 section 3.1) besides the password; version 0x13.
struct Argon2Inputs {
  std::uint32_t memory_kib = 0;  // at least 8 * lanes
  std::uint32_t passes = 0;
  std::uint32_t lanes = 0;
  BytesView salt;  // at least 8 bytes
  BytesView secret = {};
  BytesView associated_data = {};
};
// Runs in this thread only, however many lanes there are. REQUIRES: ret_hash holds at least 4 bytes.
void hash_argon2id(BytesView password, const Argon2Inputs& inputs, BytesSpan ret_hash);

}  // namespace tenon::auth_file
