#pragma once

#include <openssl/evp.h>

#include <memory>
#include <string>
#include <string_view>

namespace tenon::auth_jwt {

// For HMAC.
inline const std::string secret(64, 's');

// base64url without padding.
std::string encode(std::string_view bytes);

// A pair of keys, made for the test: "RSA" of so many bits, "EC" of a curve, or "ED25519".
class KeyPair {
 public:
  static KeyPair rsa(int bits = 2048);
  static KeyPair ec(const char* curve = "P-256");
  static KeyPair ed25519();

  std::string public_pem() const;
  // As JWS writes it.
  std::string sign(std::string_view text) const;

 private:
  explicit KeyPair(EVP_PKEY* key) : key_(key, &EVP_PKEY_free) {}
  std::shared_ptr<EVP_PKEY> key_;
};

std::string hmac(std::string_view algorithm, std::string_view secret, std::string_view text);

// header.payload.signature; the first two as JSON texts.
std::string hs_token(std::string_view header, std::string_view payload, std::string_view secret);
std::string pair_token(std::string_view header, std::string_view payload, const KeyPair& pair);

}  // namespace tenon::auth_jwt
