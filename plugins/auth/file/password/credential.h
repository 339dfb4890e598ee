#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "password/hash.h"
#include "text_file.h"

namespace tenon::auth_file {

enum class Scheme : std::uint8_t {
  sha512,         // $6$SALT$HASH, weak
  pbkdf2_sha512,  // $7$ITERATIONS$SALT$HASH
  argon2id,       // $argon2id$v=19$m=KIB,t=PASSES,p=LANES$SALT$HASH
  scram_sha256,   // $scram-sha-256$ITERATIONS$SALT$STOREDKEY$SERVERKEY
};

// What a password file may ask of this machine for one login. Above: the line is refused.
inline constexpr std::uint32_t pbkdf2_iterations_max = 5'000'000;
inline constexpr std::uint32_t scram_iterations_min = 4096;  // RFC 7677 section 4
inline constexpr std::uint32_t argon2_memory_kib_max = 256 * 1024;
inline constexpr std::uint32_t argon2_passes_max = 100;
inline constexpr std::uint32_t argon2_lanes_max = 64;
inline constexpr std::uint64_t argon2_work_kib_max = 4ull * 1024 * 1024;  // memory_kib * passes

// How to check one user's password: the kept hash and how it was made. A value; immutable once parsed.
struct Credential {
  Scheme scheme = Scheme::sha512;
  std::uint32_t rounds = 1;      // iterations of pbkdf2 and scram, passes of argon2id
  std::uint32_t memory_kib = 0;  // argon2id
  std::uint32_t lanes = 0;       // argon2id
  std::vector<std::uint8_t> salt;
  std::vector<std::uint8_t> hash;        // the stored key of scram
  std::vector<std::uint8_t> server_key;  // scram

  bool operator==(const Credential&) const = default;
};

// Reads what stands behind "user:" in a password file. Throws a Failure with `place` when it is not one of
// the schemes above, or asks for more work than the limits allow.
Credential parse_credential(std::string_view text, const Place& place);

// Whether `password` is the one that was hashed. Takes as long for a right password as for a wrong one; long
// enough to be done on a pool thread. Throws when the machine has no memory for it.
bool is_password(const Credential& credential, BytesView password);

// A credential that costs what `like` costs and that no password fits. `noise` gives its bytes: at least 64
// random ones.
Credential make_decoy(const Credential& like, BytesView noise);

}  // namespace tenon::auth_file
