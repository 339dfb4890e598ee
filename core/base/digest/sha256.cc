#include "base/digest/sha256.h"

#include <bit>
#include <cstring>
#include <string>

#include "base/bytes.h"

namespace tenon {

namespace {

constexpr std::size_t block_bytes = 64;

// FIPS 180-4, 4.2.2: the first 32 bits of the fractional parts of the cube roots of the first 64 primes.
constexpr std::uint32_t round_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

class Sha256 {
 public:
  void block(const std::uint8_t* bytes) {
    std::uint32_t w[64];
    for (int t = 0; t < 16; ++t) w[t] = load_be32(bytes + 4 * t);
    for (int t = 16; t < 64; ++t) {
      const std::uint32_t s0 = std::rotr(w[t - 15], 7) ^ std::rotr(w[t - 15], 18) ^ (w[t - 15] >> 3);
      const std::uint32_t s1 = std::rotr(w[t - 2], 17) ^ std::rotr(w[t - 2], 19) ^ (w[t - 2] >> 10);
      w[t] = w[t - 16] + s0 + w[t - 7] + s1;
    }
    std::array<std::uint32_t, 8> v = state_;
    for (int t = 0; t < 64; ++t) round(v, round_constants[t] + w[t]);
    for (std::size_t i = 0; i < v.size(); ++i) state_[i] += v[i];
  }

  Sha256Digest digest() const {
    Sha256Digest out;
    for (std::size_t i = 0; i < state_.size(); ++i) store_be32(out.data() + 4 * i, state_[i]);
    return out;
  }

 private:
  // FIPS 180-4, 6.2.2, step 3, with v = a .. h.
  static void round(std::array<std::uint32_t, 8>& v, std::uint32_t input) {
    const std::uint32_t e = v[4];
    const std::uint32_t a = v[0];
    const std::uint32_t sum1 = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
    const std::uint32_t choice = (e & v[5]) ^ (~e & v[6]);
    const std::uint32_t t1 = v[7] + sum1 + choice + input;
    const std::uint32_t sum0 = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
    const std::uint32_t majority = (a & v[1]) ^ (a & v[2]) ^ (v[1] & v[2]);
    v = {t1 + sum0 + majority, v[0], v[1], v[2], v[3] + t1, v[4], v[5], v[6]};
  }

  std::array<std::uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
};

}  // namespace

Sha256Digest sha256(std::string_view text) {
  Sha256 state;
  const Bytes bytes = as_bytes(text);
  std::size_t at = 0;
  for (; bytes.size() - at >= block_bytes; at += block_bytes) state.block(bytes.data() + at);
  std::uint8_t tail[2 * block_bytes] = {};
  const std::size_t left = bytes.size() - at;
  if (left > 0) std::memcpy(tail, bytes.data() + at, left);
  tail[left] = 0x80;
  const std::size_t tail_bytes = left + 9 <= block_bytes ? block_bytes : 2 * block_bytes;
  const std::uint64_t bits = std::uint64_t{bytes.size()} * 8;
  store_be32(tail + tail_bytes - 8, static_cast<std::uint32_t>(bits >> 32));
  store_be32(tail + tail_bytes - 4, static_cast<std::uint32_t>(bits));
  for (std::size_t i = 0; i < tail_bytes; i += block_bytes) state.block(tail + i);
  return state.digest();
}

Sha256Digest hmac_sha256(std::string_view key, std::string_view text) {
  std::uint8_t padded[block_bytes] = {};
  if (key.size() > block_bytes) {
    const Sha256Digest short_key = sha256(key);
    std::memcpy(padded, short_key.data(), short_key.size());
  } else if (!key.empty()) {
    std::memcpy(padded, key.data(), key.size());
  }
  std::string inner;
  std::string outer;
  for (const std::uint8_t byte : padded) {
    inner.push_back(static_cast<char>(byte ^ 0x36));
    outer.push_back(static_cast<char>(byte ^ 0x5c));
  }
  inner.append(text);
  const Sha256Digest digest = sha256(inner);
  outer.append(reinterpret_cast<const char*>(digest.data()), digest.size());
  return sha256(outer);
}

bool equal_digests(const Sha256Digest& a, const Sha256Digest& b) {
  volatile std::uint8_t difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) difference = difference | (a[i] ^ b[i]);
  return difference == 0;
}

}  // namespace tenon
