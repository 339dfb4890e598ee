#include "password/scram_keys.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <string>
#include <string_view>

#include <tenon/failure.hpp>

namespace tenon::auth_file {
namespace {

void require(bool done, const char* what) {
  if (!done) throw sdk::Failure(TENON_E_INTERNAL, std::string(what) + " failed in libcrypto");
}

std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace

ScramKey scram_hash(std::span<const std::uint8_t> bytes) {
  ScramKey hash;
  require(EVP_Digest(bytes.data(), bytes.size(), hash.data(), nullptr, EVP_sha256(), nullptr) == 1,
          "SHA-256");
  return hash;
}

ScramKey scram_hmac(std::span<const std::uint8_t> key, std::span<const std::uint8_t> bytes) {
  ScramKey mac;
  unsigned size = 0;
  require(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes.data(), bytes.size(), mac.data(),
               &size) != nullptr,
          "HMAC-SHA256");
  return mac;
}

ScramKeys scram_keys_of(std::span<const std::uint8_t> password, std::span<const std::uint8_t> salt,
                        std::uint32_t iterations) {
  // A null pointer would be taken for an empty text of unknown length.
  const char* text = password.empty() ? "" : reinterpret_cast<const char*>(password.data());
  ScramKey salted;
  require(PKCS5_PBKDF2_HMAC(text, static_cast<int>(password.size()), salt.data(),
                            static_cast<int>(salt.size()), static_cast<int>(iterations), EVP_sha256(),
                            static_cast<int>(salted.size()), salted.data()) == 1,
          "PBKDF2");
  ScramKey client = scram_hmac(salted, bytes_of("Client Key"));
  const ScramKeys keys{scram_hash(client), scram_hmac(salted, bytes_of("Server Key"))};
  OPENSSL_cleanse(client.data(), client.size());
  OPENSSL_cleanse(salted.data(), salted.size());
  return keys;
}

}  // namespace tenon::auth_file
