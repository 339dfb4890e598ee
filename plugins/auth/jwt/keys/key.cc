#include "keys/key.h"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <array>
#include <utility>
#include <vector>

#include <tenon/failure.hpp>

namespace tenon::auth_jwt {
namespace {

constexpr std::size_t secret_bytes_min = 32;  // RFC 7518 section 3.2: not shorter than the hash
constexpr int rsa_bits_min = 2048;            // RFC 7518 section 3.3
constexpr int rsa_bits_max = 8192;            // more would let one login take long
constexpr std::size_t p256_number_bytes = 32;

template <class T, void (*free)(T*)>
struct Freed {
  void operator()(T* object) const { free(object); }
};
template <class T, void (*free)(T*)>
using Owned = std::unique_ptr<T, Freed<T, free>>;

[[noreturn]] void refuse(const std::string& why) {
  ERR_clear_error();
  throw sdk::Failure(TENON_E_INVALID, why);
}

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string sha256_of(std::string_view text) {
  std::string hash(32, '\0');
  if (EVP_Digest(text.data(), text.size(), reinterpret_cast<unsigned char*>(hash.data()), nullptr,
                 EVP_sha256(), nullptr) != 1)
    refuse("SHA-256 failed in libcrypto");
  return hash;
}

void free_bio(BIO* bio) {
  BIO_free(bio);
}

std::shared_ptr<EVP_PKEY> read_pem(std::string_view pem) {
  const Owned<BIO, free_bio> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (!bio) refuse("libcrypto has no memory");
  EVP_PKEY* key = nullptr;
  if (pem.find("-----BEGIN CERTIFICATE-----") != std::string_view::npos) {
    const Owned<X509, X509_free> certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (certificate) key = X509_get_pubkey(certificate.get());
  } else {
    key = PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr);
  }
  if (!key) refuse("holds no public key in PEM (-----BEGIN PUBLIC KEY-----) and no certificate");
  return {key, &EVP_PKEY_free};
}

std::shared_ptr<EVP_PKEY> make_key(const char* type, OSSL_PARAM_BLD* numbers) {
  const Owned<OSSL_PARAM, OSSL_PARAM_free> params(OSSL_PARAM_BLD_to_param(numbers));
  const Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free> context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1)
    refuse(std::string("the numbers make no public key of type ") + type);
  std::shared_ptr<EVP_PKEY> owned(key, &EVP_PKEY_free);
  const Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free> check(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  if (!check || EVP_PKEY_public_check(check.get()) != 1)
    refuse(std::string("the numbers make no public key of type ") + type);
  return owned;
}

Owned<BIGNUM, BN_free> number_of(std::string_view bytes) {
  return Owned<BIGNUM, BN_free>(BN_bin2bn(bytes_of(bytes), static_cast<int>(bytes.size()), nullptr));
}

// JWS writes both numbers one after the other (RFC 7518 section 3.4), libcrypto reads them as DER.
std::vector<unsigned char> der_of(std::string_view signature) {
  if (signature.size() != 2 * p256_number_bytes) return {};
  const Owned<ECDSA_SIG, ECDSA_SIG_free> pair(ECDSA_SIG_new());
  auto r = number_of(signature.substr(0, p256_number_bytes));
  auto s = number_of(signature.substr(p256_number_bytes));
  if (!pair || !r || !s || ECDSA_SIG_set0(pair.get(), r.get(), s.get()) != 1) return {};
  (void)r.release();
  (void)s.release();
  std::array<unsigned char, 80> der;
  unsigned char* end = der.data();
  const int size = i2d_ECDSA_SIG(pair.get(), &end);
  return size > 0 ? std::vector<unsigned char>(der.data(), der.data() + size) : std::vector<unsigned char>{};
}

const EVP_MD* digest_of(Algorithm algorithm) {
  if (algorithm == Algorithm::hs384) return EVP_sha384();
  return algorithm == Algorithm::hs512 ? EVP_sha512() : EVP_sha256();
}

}  // namespace

Key Key::of_secret(std::string secret, std::optional<std::string> id) {
  // A public key is known to everybody: as a secret it would let anybody in.
  if (secret.find("-----BEGIN") != std::string::npos)
    refuse("is a PEM file, and not a secret; state it as public_key_file");
  if (secret.size() < secret_bytes_min)
    refuse("has " + std::to_string(secret.size()) + " bytes; a secret must have 32 at least");
  Key key(Kind::secret, std::move(id));
  key.thumbprint_ = sha256_of("oct:" + secret);
  key.secret_ = std::move(secret);
  return key;
}

Key Key::of_public(std::shared_ptr<EVP_PKEY> from, std::optional<std::string> id) {
  const auto kind_of = [](EVP_PKEY* key) -> Kind {
    std::array<char, 64> group{};
    if (EVP_PKEY_is_a(key, "ED25519")) return Kind::ed25519;
    if (EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_group_name(key, group.data(), group.size(), nullptr) == 1 &&
        std::string_view(group.data()) == "prime256v1")
      return Kind::p256;
    if (!EVP_PKEY_is_a(key, "RSA"))
      refuse("is a key of a kind that is not understood; known are RSA, EC on P-256 and Ed25519");
    const int bits = EVP_PKEY_get_bits(key);
    if (bits < rsa_bits_min || bits > rsa_bits_max)
      refuse("is an RSA key of " + std::to_string(bits) + " bits, not 2048..8192");
    return Kind::rsa;
  };
  Key key(kind_of(from.get()), std::move(id));
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(from.get(), &der);
  if (size <= 0) refuse("can't be written in DER by libcrypto");
  key.thumbprint_ =
      sha256_of(std::string_view(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)));
  OPENSSL_free(der);
  key.public_ = std::move(from);
  return key;
}

Key Key::of_pem(std::string_view pem, std::optional<std::string> id) {
  return of_public(read_pem(pem), std::move(id));
}

Key Key::of_rsa(std::string_view modulus, std::string_view exponent, std::optional<std::string> id) {
  const Owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free> numbers(OSSL_PARAM_BLD_new());
  const auto n = number_of(modulus);
  const auto e = number_of(exponent);
  if (!numbers || !n || !e || OSSL_PARAM_BLD_push_BN(numbers.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(numbers.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1)
    refuse("libcrypto has no memory");
  return of_public(make_key("RSA", numbers.get()), std::move(id));
}

Key Key::of_p256(std::string_view x, std::string_view y, std::optional<std::string> id) {
  if (x.size() != p256_number_bytes || y.size() != p256_number_bytes)
    refuse("the numbers of a point on P-256 have 32 bytes each");
  const std::string point = '\4' + std::string(x) + std::string(y);
  const Owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free> numbers(OSSL_PARAM_BLD_new());
  if (!numbers ||
      OSSL_PARAM_BLD_push_utf8_string(numbers.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(numbers.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) !=
          1)
    refuse("libcrypto has no memory");
  return of_public(make_key("EC", numbers.get()), std::move(id));
}

Key Key::of_ed25519(std::string_view x, std::optional<std::string> id) {
  EVP_PKEY* key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(x), x.size());
  if (!key) refuse("the number makes no key of Ed25519");
  return of_public({key, &EVP_PKEY_free}, std::move(id));
}

bool Key::limit_to(Algorithm algorithm) {
  if (!serves(algorithm)) return false;
  only_ = algorithm;
  return true;
}

bool Key::serves(Algorithm algorithm) const {
  if (only_ && *only_ != algorithm) return false;
  switch (kind_) {
    case Kind::secret:
      return is_hmac(algorithm) &&
             secret_.size() >= static_cast<std::size_t>(EVP_MD_get_size(digest_of(algorithm)));
    case Kind::rsa:
      return algorithm == Algorithm::rs256;
    case Kind::p256:
      return algorithm == Algorithm::es256;
    case Kind::ed25519:
      return algorithm == Algorithm::eddsa;
  }
  return false;
}

bool Key::verifies(Algorithm algorithm, std::string_view text, std::string_view signature) const {
  const bool is_right =
      kind_ == Kind::secret ? verifies_hmac(algorithm, text, signature) : verifies_public(text, signature);
  ERR_clear_error();
  return is_right;
}

bool Key::verifies_hmac(Algorithm algorithm, std::string_view text, std::string_view signature) const {
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac;
  unsigned size = 0;
  if (!HMAC(digest_of(algorithm), secret_.data(), static_cast<int>(secret_.size()), bytes_of(text),
            text.size(), mac.data(), &size))
    return false;
  return signature.size() == size && CRYPTO_memcmp(mac.data(), signature.data(), size) == 0;
}

bool Key::verifies_public(std::string_view text, std::string_view signature) const {
  const std::vector<unsigned char> der =
      kind_ == Kind::p256
          ? der_of(signature)
          : std::vector<unsigned char>(bytes_of(signature), bytes_of(signature) + signature.size());
  const EVP_MD* digest = kind_ == Kind::ed25519 ? nullptr : EVP_sha256();
  const Owned<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
  return !der.empty() && context &&
         EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, public_.get()) == 1 &&
         EVP_DigestVerify(context.get(), der.data(), der.size(), bytes_of(text), text.size()) == 1;
}

}  // namespace tenon::auth_jwt
