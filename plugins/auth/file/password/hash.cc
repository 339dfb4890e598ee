#include "password/hash.h"

#include <argon2.h>
#include <openssl/evp.h>

#include <memory>
#include <string>

#include <tenon/failure.hpp>

namespace tenon::auth_file {
namespace {

void require(bool done, const char* what) {
  if (!done) throw sdk::Failure(TENON_E_INTERNAL, std::string(what) + " failed in libcrypto");
}

// libargon2 takes pointers to writable bytes, but writes to them only with flags that are not set here.
std::uint8_t* writable(BytesView bytes) {
  return const_cast<std::uint8_t*>(bytes.data());
}
std::uint32_t length_of(BytesView bytes) {
  return static_cast<std::uint32_t>(bytes.size());
}

}  // namespace

void hash_sha512(BytesView password, BytesView salt, BytesSpan ret_hash) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> digest(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  require(digest && EVP_DigestInit_ex(digest.get(), EVP_sha512(), nullptr) == 1 &&
              EVP_DigestUpdate(digest.get(), password.data(), password.size()) == 1 &&
              EVP_DigestUpdate(digest.get(), salt.data(), salt.size()) == 1 &&
              EVP_DigestFinal_ex(digest.get(), ret_hash.data(), nullptr) == 1,
          "SHA-512");
}

void hash_pbkdf2_sha512(BytesView password, BytesView salt, std::uint32_t iterations, BytesSpan ret_hash) {
  // A null pointer would be taken for an empty text of unknown length.
  const char* text = password.empty() ? "" : reinterpret_cast<const char*>(password.data());
  require(PKCS5_PBKDF2_HMAC(text, static_cast<int>(password.size()), salt.data(),
                            static_cast<int>(salt.size()), static_cast<int>(iterations), EVP_sha512(),
                            static_cast<int>(ret_hash.size()), ret_hash.data()) == 1,
          "PBKDF2");
}

void hash_argon2id(BytesView password, const Argon2Inputs& inputs, BytesSpan ret_hash) {
  argon2_context context{};
  context.out = ret_hash.data();
  context.outlen = static_cast<std::uint32_t>(ret_hash.size());
  context.pwd = writable(password);
  context.pwdlen = length_of(password);
  context.salt = writable(inputs.salt);
  context.saltlen = length_of(inputs.salt);
  context.secret = writable(inputs.secret);
  context.secretlen = length_of(inputs.secret);
  context.ad = writable(inputs.associated_data);
  context.adlen = length_of(inputs.associated_data);
  context.t_cost = inputs.passes;
  context.m_cost = inputs.memory_kib;
  context.lanes = inputs.lanes;
  context.threads = 1;
  context.version = ARGON2_VERSION_13;
  context.flags = ARGON2_DEFAULT_FLAGS;
  const int status = argon2id_ctx(&context);
  if (status == ARGON2_MEMORY_ALLOCATION_ERROR)
    throw sdk::Failure(TENON_E_NOMEM,
                       "no memory for an argon2id hash of " + std::to_string(inputs.memory_kib) + " KiB");
  if (status != ARGON2_OK)
    throw sdk::Failure(TENON_E_INTERNAL, std::string("argon2id: ") + argon2_error_message(status));
}

}  // namespace tenon::auth_file
