#include "password/hash.h"

#include <array>

#include "shared/base64.h"
#include "support.h"

namespace tenon::auth_file {
namespace {

std::string decoded(std::string_view text) {
  const auto bytes = decode_base64(text);
  return bytes ? std::string(bytes->begin(), bytes->end()) : "wrong";
}

TEST(Base64, DecodesTheVectorsOfRfc4648) {
  EXPECT_EQ(decoded(""), "");
  EXPECT_EQ(decoded("Zg=="), "f");
  EXPECT_EQ(decoded("Zm8="), "fo");
  EXPECT_EQ(decoded("Zm9v"), "foo");
  EXPECT_EQ(decoded("Zm9vYg=="), "foob");
  EXPECT_EQ(decoded("Zm9vYmE="), "fooba");
  EXPECT_EQ(decoded("Zm9vYmFy"), "foobar");
}

TEST(Base64, DecodesWithoutPaddingAsPhcStringsHaveIt) {
  EXPECT_EQ(decoded("Zg"), "f");
  EXPECT_EQ(decoded("Zm8"), "fo");
}

TEST(Base64, RefusesWrongLengthPaddingDigitsAndUnusedBits) {
  for (const char* text : {"Z", "Zm9vY", "Zg=", "Z===", "Zm9v=", "Z=g=", "Zm8==", "=", "Zm 9v", "Zm9-",
                           "Zm9_", "Zh", "Zm9=", "Zm9v\n"})
    EXPECT_EQ(decoded(text), "wrong") << text;
}

// FIPS 180-4: SHA-512 of "abc".
TEST(Sha512, HashesPasswordThenSalt) {
  std::array<std::uint8_t, 64> hash{};
  hash_sha512(bytes("ab"), bytes("c"), hash);
  EXPECT_EQ(hex(hash),
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

// The inputs of RFC 6070, for HMAC-SHA512.
TEST(Pbkdf2Sha512, FollowsTheKnownVectors) {
  std::array<std::uint8_t, 64> hash{};
  hash_pbkdf2_sha512(bytes("password"), bytes("salt"), 1, hash);
  EXPECT_EQ(hex(hash),
            "867f70cf1ade02cff3752599a3a53dc4af34c7a669815ae5d513554e1c8cf252"
            "c02d470a285a0501bad999bfe943c08f050235d7d68b1da55e63f73b60a57fce");
  hash_pbkdf2_sha512(bytes("password"), bytes("salt"), 2, hash);
  EXPECT_EQ(hex(hash),
            "e1d9c16aa681708a45f5c7c4e215ceb66e011a2e9f0040713f18aefdb866d53c"
            "f76cab2868a39b9f7840edce4fef5a82be67335c77a6068e04112754f27ccf4e");
  hash_pbkdf2_sha512(bytes("passwordPASSWORDpassword"), bytes("saltSALTsaltSALTsaltSALTsaltSALTsalt"), 4096,
                     hash);
  EXPECT_EQ(hex(hash),
            "8c0511f4c6e597c6ac6315d8f0362e225f3c501495ba23b868c005174dc4ee71"
            "115b59f9e60cd9532fa33e0f75aefe30225c583a186cd82bd4daea9724a3d3b8");
}

TEST(Pbkdf2Sha512, TakesZeroBytesInThePasswordAsBytes) {
  std::array<std::uint8_t, 64> whole{}, cut{}, empty{};
  hash_pbkdf2_sha512(bytes(std::string_view("pass\0word", 9)), bytes("salt"), 10, whole);
  hash_pbkdf2_sha512(bytes("pass"), bytes("salt"), 10, cut);
  hash_pbkdf2_sha512({}, bytes("salt"), 10, empty);
  EXPECT_NE(whole, cut);
  EXPECT_NE(empty, cut);
}

// RFC 9106 section 5.3.
TEST(Argon2id, FollowsTheVectorOfItsSpecification) {
  const std::array<std::uint8_t, 32> password = [] {
    std::array<std::uint8_t, 32> a{};
    a.fill(1);
    return a;
  }();
  const std::vector<std::uint8_t> salt(16, 2), secret(8, 3), associated_data(12, 4);
  Argon2Inputs inputs;
  inputs.memory_kib = 32;
  inputs.passes = 3;
  inputs.lanes = 4;
  inputs.salt = salt;
  inputs.secret = secret;
  inputs.associated_data = associated_data;
  std::array<std::uint8_t, 32> tag{};
  hash_argon2id(password, inputs, tag);
  EXPECT_EQ(hex(tag), "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659");
}

TEST(Argon2id, ReportsInputsThatTheLibraryRefuses) {
  std::array<std::uint8_t, 32> tag{};
  Argon2Inputs inputs;
  inputs.memory_kib = 8;
  inputs.passes = 1;
  inputs.lanes = 1;
  const std::vector<std::uint8_t> short_salt(4, 2);
  inputs.salt = short_salt;
  EXPECT_NE(failure_of([&] { hash_argon2id(bytes("x"), inputs, tag); }).find("argon2id: "),
            std::string::npos);
}

}  // namespace
}  // namespace tenon::auth_file
