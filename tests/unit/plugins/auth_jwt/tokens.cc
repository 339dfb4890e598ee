#include "tokens.h"

#include <openssl/bio.h>
#include <openssl/ecdsa.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

#include <vector>

namespace tenon::auth_jwt {
namespace {

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// Both numbers of a DER signature, 32 bytes each.
std::string raw_of(const std::vector<unsigned char>& der) {
  const unsigned char* at = der.data();
  ECDSA_SIG* pair = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()));
  std::string raw(64, '\0');
  BN_bn2binpad(ECDSA_SIG_get0_r(pair), reinterpret_cast<unsigned char*>(raw.data()), 32);
  BN_bn2binpad(ECDSA_SIG_get0_s(pair), reinterpret_cast<unsigned char*>(raw.data()) + 32, 32);
  ECDSA_SIG_free(pair);
  return raw;
}

}  // namespace

std::string encode(std::string_view bytes) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string text;
  std::uint32_t held = 0;
  int bits = 0;
  for (const char c : bytes) {
    held = held << 8 | static_cast<unsigned char>(c);
    for (bits += 8; bits >= 6; bits -= 6) text += digits[held >> (bits - 6) & 63];
  }
  if (bits > 0) text += digits[held << (6 - bits) & 63];
  return text;
}

KeyPair KeyPair::rsa(int bits) {
  return KeyPair(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", static_cast<std::size_t>(bits)));
}
KeyPair KeyPair::ec(const char* curve) {
  return KeyPair(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", curve));
}
KeyPair KeyPair::ed25519() {
  return KeyPair(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
}

std::string KeyPair::public_pem() const {
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PUBKEY(bio, key_.get());
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string pem(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  return pem;
}

std::string KeyPair::sign(std::string_view text) const {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  const bool is_ed = EVP_PKEY_is_a(key_.get(), "ED25519");
  EVP_DigestSignInit(context, nullptr, is_ed ? nullptr : EVP_sha256(), nullptr, key_.get());
  std::size_t size = 0;
  EVP_DigestSign(context, nullptr, &size, bytes_of(text), text.size());
  std::vector<unsigned char> signature(size);
  EVP_DigestSign(context, signature.data(), &size, bytes_of(text), text.size());
  EVP_MD_CTX_free(context);
  signature.resize(size);
  if (EVP_PKEY_is_a(key_.get(), "EC")) return raw_of(signature);
  return std::string(reinterpret_cast<const char*>(signature.data()), signature.size());
}

std::string hmac(std::string_view algorithm, std::string_view secret, std::string_view text) {
  const EVP_MD* digest = algorithm == "HS512"   ? EVP_sha512()
                         : algorithm == "HS384" ? EVP_sha384()
                                                : EVP_sha256();
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  HMAC(digest, secret.data(), static_cast<int>(secret.size()), bytes_of(text), text.size(), mac, &size);
  return std::string(reinterpret_cast<const char*>(mac), size);
}

std::string hs_token(std::string_view header, std::string_view payload, std::string_view secret) {
  const std::string text = encode(header) + "." + encode(payload);
  const std::size_t at = header.find("HS");
  const std::string_view algorithm = at == std::string_view::npos ? "HS256" : header.substr(at, 5);
  return text + "." + encode(hmac(algorithm, secret, text));
}

std::string pair_token(std::string_view header, std::string_view payload, const KeyPair& pair) {
  const std::string text = encode(header) + "." + encode(payload);
  return text + "." + encode(pair.sign(text));
}

}  // namespace tenon::auth_jwt
