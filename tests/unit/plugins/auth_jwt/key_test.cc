#include <gtest/gtest.h>

#include "auth_file/support.h"
#include "keys/key_set.h"
#include "tokens.h"

// Which key checks which token.

namespace tenon::auth_jwt {
namespace {

using auth_file::failure_of;

Token token_of(std::string_view text) {
  ReadToken read = read_token(text);
  EXPECT_EQ(read.shape, TokenShape::token) << text;
  return read.token;
}
KeySet with(Key key) {
  KeySet keys;
  keys.add(std::move(key));
  return keys;
}
KeySet jwks(std::string_view text, std::size_t* skipped = nullptr) {
  std::size_t count = 0;
  KeySet keys;
  keys.add_jwks(text, &count);
  if (skipped) *skipped = count;
  return keys;
}
bool accepts(const KeySet& keys, std::string_view token) {
  return keys.find_signer(token_of(token)) != nullptr;
}

// RFC 7515 appendix A.1 and A.3, RFC 8037 appendix A.4.
constexpr std::string_view rfc_hs256 =
    "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
    "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
constexpr std::string_view rfc_hs256_key =
    R"({"keys":[{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}]})";
constexpr std::string_view rfc_es256 =
    "eyJhbGciOiJFUzI1NiJ9."
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
constexpr std::string_view rfc_es256_key =
    R"({"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]})";
constexpr std::string_view rfc_eddsa =
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
constexpr std::string_view rfc_eddsa_key =
    R"({"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})";

TEST(Key, AcceptsTheTokensOfTheStandards) {
  EXPECT_TRUE(accepts(jwks(rfc_hs256_key), rfc_hs256));
  EXPECT_TRUE(accepts(jwks(rfc_es256_key), rfc_es256));
  EXPECT_TRUE(accepts(jwks(rfc_eddsa_key), rfc_eddsa));
}

TEST(Key, RefusesThemWithAnyByteOfTheSignatureOrThePayloadChanged) {
  for (const auto& [text, key] : {std::pair{rfc_hs256, rfc_hs256_key}, std::pair{rfc_es256, rfc_es256_key},
                                  std::pair{rfc_eddsa, rfc_eddsa_key}}) {
    const KeySet keys = jwks(key);
    const Token good = token_of(text);
    for (std::size_t i = 0; i < good.signature.size(); ++i) {
      Token bad = good;
      bad.signature[i] = static_cast<char>(bad.signature[i] ^ 1);
      EXPECT_FALSE(keys.find_signer(bad)) << i;
    }
    for (std::size_t size : {std::size_t{1}, good.signature.size() - 1}) {
      Token bad = good;
      bad.signature.resize(size);
      EXPECT_FALSE(keys.find_signer(bad)) << size;
    }
    Token longer = good;
    longer.signature += 'x';
    EXPECT_FALSE(keys.find_signer(longer));
    Token other = good;
    other.signing_input += 'x';
    EXPECT_FALSE(keys.find_signer(other));
  }
}

TEST(Key, EachHmacServes) {
  const KeySet keys = with(Key::of_secret(secret, std::nullopt));
  for (const char* name : {"HS256", "HS384", "HS512"}) {
    const std::string header = std::string(R"({"alg":")") + name + "\"}";
    EXPECT_TRUE(accepts(keys, hs_token(header, "{}", secret))) << name;
    EXPECT_FALSE(accepts(keys, hs_token(header, "{}", secret + "x"))) << name;
  }
}

TEST(Key, SecretServesNoHashThatIsLongerThanItself) {
  const std::string short_secret(40, 's');
  const KeySet keys = with(Key::of_secret(short_secret, std::nullopt));
  EXPECT_TRUE(accepts(keys, hs_token(R"({"alg":"HS256"})", "{}", short_secret)));
  EXPECT_FALSE(accepts(keys, hs_token(R"({"alg":"HS384"})", "{}", short_secret)));
}

TEST(Key, EachPublicKeyServesItsOwnAlgorithm) {
  for (const auto& [pair, name] : {std::pair{KeyPair::rsa(), "RS256"}, std::pair{KeyPair::ec(), "ES256"},
                                   std::pair{KeyPair::ed25519(), "EdDSA"}}) {
    const KeySet keys = with(Key::of_pem(pair.public_pem(), std::nullopt));
    EXPECT_TRUE(accepts(keys, pair_token(std::string(R"({"alg":")") + name + "\"}", "{}", pair))) << name;
    for (const char* other : {"HS256", "HS384", "HS512", "RS256", "ES256", "EdDSA"}) {
      if (std::string_view(other) == name) continue;
      EXPECT_FALSE(accepts(keys, pair_token(std::string(R"({"alg":")") + other + "\"}", "{}", pair)))
          << other;
    }
  }
}

TEST(Key, PublicKeyIsNoSecretOfAnHmac) {  // ATTACK-23
  const KeyPair pair = KeyPair::rsa();
  const KeySet keys = with(Key::of_pem(pair.public_pem(), std::nullopt));
  // Whoever has the public key, which is everybody, can make these.
  for (const std::string& known : {pair.public_pem(), pair.public_pem() + "\n"})
    for (const char* header : {R"({"alg":"HS256"})", R"({"alg":"HS512"})"})
      EXPECT_FALSE(accepts(keys, hs_token(header, "{}", known)));
  EXPECT_NE(failure_of([&] { Key::of_secret(pair.public_pem(), std::nullopt); }), "no failure");
}

TEST(Key, WeakOrOddKeysAreRefused) {
  EXPECT_NE(failure_of([] { Key::of_secret(std::string(31, 's'), std::nullopt); }), "no failure");
  EXPECT_NE(failure_of([] { Key::of_pem(KeyPair::rsa(1024).public_pem(), std::nullopt); }), "no failure");
  EXPECT_NE(failure_of([] { Key::of_pem(KeyPair::ec("P-384").public_pem(), std::nullopt); }), "no failure");
  EXPECT_NE(failure_of([] { Key::of_pem("no PEM", std::nullopt); }), "no failure");
  EXPECT_NE(failure_of([] { Key::of_pem("", std::nullopt); }), "no failure");
  // A point that is not on the curve.
  EXPECT_NE(failure_of([] { Key::of_p256(std::string(32, '\1'), std::string(32, '\1'), std::nullopt); }),
            "no failure");
  EXPECT_NE(failure_of([] { Key::of_ed25519("short", std::nullopt); }), "no failure");
}

TEST(Key, ThumbprintTellsKeysApart) {
  const KeyPair pair = KeyPair::ec();
  const Key key = Key::of_pem(pair.public_pem(), std::nullopt);
  const KeySet keys = with(Key::of_pem(pair.public_pem(), "with an id"));
  EXPECT_TRUE(keys.has(key.thumbprint()));
  EXPECT_FALSE(keys.has(Key::of_pem(KeyPair::ec().public_pem(), std::nullopt).thumbprint()));
  EXPECT_FALSE(keys.has(Key::of_secret(secret, std::nullopt).thumbprint()));
}

TEST(KeySet, KeyIdPicksTheKey) {
  const std::string other_secret(64, 'o');
  KeySet keys;
  keys.add(Key::of_secret(secret, "k1"));
  keys.add(Key::of_secret(other_secret, "k2"));
  EXPECT_TRUE(accepts(keys, hs_token(R"({"alg":"HS256","kid":"k1"})", "{}", secret)));
  EXPECT_FALSE(accepts(keys, hs_token(R"({"alg":"HS256","kid":"k1"})", "{}", other_secret)));
  EXPECT_FALSE(accepts(keys, hs_token(R"({"alg":"HS256","kid":"k3"})", "{}", secret)));
  EXPECT_TRUE(accepts(keys, hs_token(R"({"alg":"HS256"})", "{}", other_secret)))
      << "without an id all are tried";
  keys.add(Key::of_secret(std::string(64, 'n'), std::nullopt));
  EXPECT_TRUE(accepts(keys, hs_token(R"({"alg":"HS256","kid":"k3"})", "{}", std::string(64, 'n'))));
}

TEST(KeySet, NoMoreThanAFewKeysAreTriedForOneToken) {
  KeySet keys;
  for (char c = 'a'; c <= 'z'; ++c) keys.add(Key::of_secret(std::string(64, c), std::nullopt));
  EXPECT_TRUE(accepts(keys, hs_token(R"({"alg":"HS256"})", "{}", std::string(64, 'a'))));
  EXPECT_FALSE(accepts(keys, hs_token(R"({"alg":"HS256"})", "{}", std::string(64, 'z'))));
}

TEST(KeySet, JwksKeyIsLimitedToTheAlgorithmThatItStates) {
  const std::string key = R"({"keys":[{"kty":"oct","alg":"HS512","k":")" + encode(secret) + "\"}]}";
  const KeySet keys = jwks(key);
  EXPECT_TRUE(accepts(keys, hs_token(R"({"alg":"HS512"})", "{}", secret)));
  EXPECT_FALSE(accepts(keys, hs_token(R"({"alg":"HS256"})", "{}", secret)));
}

TEST(KeySet, JwksKeysThatDoNotServeArePassedOverAndCounted) {
  std::size_t skipped = 0;
  const std::string text = R"({"keys":[{"kty":"EC","crv":"P-521","x":"AA","y":"AA"},{"kty":"new"},)"
                           R"({"kty":"oct","use":"enc","k":"AA"},{"kty":"oct","alg":"A128KW","k":"AA"},)"
                           R"({"kty":"oct","kid":"k","k":")" +
                           encode(secret) + "\"}]}";
  EXPECT_EQ(jwks(text, &skipped).size(), 1u);
  EXPECT_EQ(skipped, 4u);
}

TEST(KeySet, JwksThatDoesNotHoldTogetherIsRefused) {
  for (const std::string_view text :
       {"", "[]", "{}", R"({"keys":{}})", R"({"keys":[1]})", R"({"keys":[{"kty":1}]})",
        R"({"keys":[{"kty":"oct"}]})", R"({"keys":[{"kty":"oct","k":"AA"}]})",
        R"({"keys":[{"kty":"RSA","n":"AA","e":"AQAB"}]})",
        R"({"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}]})",
        R"({"keys":[{"kty":"oct","kid":5,"k":"AA"}]})"})
    EXPECT_NE(failure_of([&] { jwks(text); }), "no failure") << text;
  const std::string confused = R"({"keys":[{"kty":"oct","alg":"RS256","k":")" + encode(secret) + "\"}]}";
  EXPECT_NE(failure_of([&] { jwks(confused); }), "no failure");
}

}  // namespace
}  // namespace tenon::auth_jwt
