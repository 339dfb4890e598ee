#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "token/algorithm.h"

struct evp_pkey_st;

namespace tenon::auth_jwt {

// A key that tokens are checked with: a shared secret, or the public half of a pair. It serves the algorithms
// of its own kind only, whatever a token says: an RSA key never becomes the secret of an HMAC. Immutable; any
// thread.
class Key {
 public:
  // For HMAC. Throws a Failure for a secret that is shorter than 32 bytes, or that is a PEM file.
  static Key of_secret(std::string secret, std::optional<std::string> id);
  // "-----BEGIN PUBLIC KEY-----" or a certificate: RSA of 2048..8192 bits, EC on P-256, or Ed25519.
  static Key of_pem(std::string_view pem, std::optional<std::string> id);
  // The numbers of a JWK, as bytes, big-endian (RFC 7518 section 6, RFC 8037).
  static Key of_rsa(std::string_view modulus, std::string_view exponent, std::optional<std::string> id);
  static Key of_p256(std::string_view x, std::string_view y, std::optional<std::string> id);
  static Key of_ed25519(std::string_view x, std::optional<std::string> id);

  const std::optional<std::string>& id() const { return id_; }
  // Limits it to one of its algorithms. False: it does not serve this one.
  bool limit_to(Algorithm algorithm);
  bool serves(Algorithm algorithm) const;
  // Whether the signature is right. REQUIRES: serves(algorithm). An HMAC takes some microseconds, the others
  // a hundred or so.
  bool verifies(Algorithm algorithm, std::string_view text, std::string_view signature) const;

  // The same for the same key, whatever its place in files: SHA-256 over what it is.
  const std::string& thumbprint() const { return thumbprint_; }

 private:
  enum class Kind : std::uint8_t { secret, rsa, p256, ed25519 };
  Key(Kind kind, std::optional<std::string> id) : kind_(kind), id_(std::move(id)) {}
  static Key of_public(std::shared_ptr<evp_pkey_st> key, std::optional<std::string> id);
  bool verifies_hmac(Algorithm algorithm, std::string_view text, std::string_view signature) const;
  bool verifies_public(std::string_view text, std::string_view signature) const;

  Kind kind_;
  std::optional<std::string> id_;
  std::optional<Algorithm> only_;
  std::string secret_;
  std::shared_ptr<evp_pkey_st> public_;
  std::string thumbprint_;
};

}  // namespace tenon::auth_jwt
