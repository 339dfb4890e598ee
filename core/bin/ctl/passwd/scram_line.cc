#include "bin/ctl/passwd/scram_line.h"

#include <algorithm>

#include "base/digest/sha256.h"

namespace tenon::ctl {

namespace {

std::string_view text_of(const Sha256Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

// One block of PBKDF2 with HMAC-SHA-256 (RFC 8018 section 5.2).
Sha256Digest salted(std::string_view password, std::string_view salt, std::uint32_t iterations) {
  Sha256Digest last = hmac_sha256(password, std::string(salt) + std::string("\0\0\0\1", 4));
  Sha256Digest sum = last;
  for (std::uint32_t i = 1; i < iterations; ++i) {
    last = hmac_sha256(password, text_of(last));
    for (std::size_t k = 0; k < sum.size(); ++k) sum[k] ^= last[k];
  }
  return sum;
}

}  // namespace

std::string scram_credential(std::string_view password, std::string_view salt, std::uint32_t iterations) {
  const Sha256Digest key = salted(password, salt, iterations);
  const Sha256Digest stored = sha256(text_of(hmac_sha256(text_of(key), "Client Key")));
  const Sha256Digest server = hmac_sha256(text_of(key), "Server Key");
  return "$scram-sha-256$" + std::to_string(iterations) + "$" + base64_of(salt) + "$" +
         base64_of(text_of(stored)) + "$" + base64_of(text_of(server));
}

std::string base64_of(std::string_view bytes) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t held = 0;
    for (std::size_t k = 0; k < 3; ++k)
      held = held << 8 | (k < count ? static_cast<std::uint8_t>(bytes[i + k]) : 0u);
    for (std::size_t k = 0; k < 4; ++k) text += k <= count ? digits[held >> (18 - 6 * k) & 63] : '=';
  }
  return text;
}

}  // namespace tenon::ctl
