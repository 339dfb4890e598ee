#include "password/credential.h"

#include "support.h"

namespace tenon::auth_file {
namespace {

constexpr Place place{"/etc/p", 7};

Credential parse(std::string_view text) {
  return parse_credential(text, place);
}
std::string credential_failure(std::string_view text) {
  return failure_of([&] { parse(text); });
}

std::string hash64() {
  return std::string(85, 'A') + "A==";
}  // 64 zero bytes

// hashlib.pbkdf2_hmac("sha512", b"secret", b"saltsalt", 101)
constexpr std::string_view pbkdf2_of_secret =
    "$7$101$c2FsdHNhbHQ=$"
    "2UGFv3Vv2tdwNDSAgbQKzqczy5tUkwN3Vhwrj0xHSAbNNHIes2C8ZT2iJXAT7K1/GBoXCnQDfKM96y4/StCd1w==";

// Those of the reference implementation of Argon2: password "password", salt "somesalt".
constexpr std::string_view argon2id_1_lane =
    "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
constexpr std::string_view argon2id_2_lanes =
    "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc";
constexpr std::string_view argon2id_64_mib =
    "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";

TEST(Credential, KnowsThePasswordOfEachArgon2idVector) {
  for (const auto text : {argon2id_1_lane, argon2id_2_lanes, argon2id_64_mib}) {
    const Credential credential = parse(text);
    EXPECT_EQ(credential.scheme, Scheme::argon2id);
    EXPECT_TRUE(is_password(credential, bytes("password"))) << text;
    EXPECT_FALSE(is_password(credential, bytes("Password"))) << text;
    EXPECT_FALSE(is_password(credential, {})) << text;
  }
}

TEST(Credential, KnowsThePasswordOfPbkdf2) {
  const Credential credential = parse(pbkdf2_of_secret);
  EXPECT_EQ(credential.scheme, Scheme::pbkdf2_sha512);
  EXPECT_EQ(credential.rounds, 101u);
  EXPECT_TRUE(is_password(credential, bytes("secret")));
  EXPECT_FALSE(is_password(credential, bytes("secret2")));
  EXPECT_FALSE(is_password(credential, bytes(std::string_view("secret\0", 7))));
}

TEST(Credential, DiffersWhenAnyPartDiffers) {
  EXPECT_EQ(parse(argon2id_1_lane), parse(argon2id_1_lane));
  EXPECT_NE(parse(argon2id_1_lane), parse(argon2id_2_lanes));
  EXPECT_NE(parse("$7$101$c2FsdHNhbHQ=$" + hash64()), parse("$7$102$c2FsdHNhbHQ=$" + hash64()));
}

TEST(Credential, DecoyCostsTheSameAndFitsNoPassword) {
  const std::vector<std::uint8_t> noise(64, 0x5A);
  const Credential like = parse(pbkdf2_of_secret);
  const Credential decoy = make_decoy(like, noise);
  EXPECT_EQ(decoy.scheme, like.scheme);
  EXPECT_EQ(decoy.rounds, like.rounds);
  EXPECT_EQ(decoy.salt.size(), like.salt.size());
  EXPECT_EQ(decoy.hash.size(), like.hash.size());
  EXPECT_FALSE(is_password(decoy, bytes("secret")));
}

struct RefusedCredential {
  std::string text;
  const char* message;
};

class CredentialRefusal : public testing::TestWithParam<RefusedCredential> {};

TEST_P(CredentialRefusal, NamesPlaceAndReason) {
  EXPECT_EQ(credential_failure(GetParam().text), std::string("/etc/p:7: ") + GetParam().message);
}

const std::string argon_tail = "$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
const char* const argon_parameters = "the parameters of argon2id must read m=KIB,t=PASSES,p=LANES";

const RefusedCredential general_refusals[] = {
    {"", "the password is not hashed; run mosquitto_passwd -U on the file"},
    {"plain", "the password is not hashed; run mosquitto_passwd -U on the file"},
    {"$", "the hash has an unknown scheme; known are $argon2id$, $scram-sha-256$, $7$ and $6$"},
    {"$5$c2FsdA==$" + hash64(),
     "the hash has an unknown scheme; known are $argon2id$, $scram-sha-256$, $7$ and $6$"},
    {"$argon2i$v=19$m=256,t=2,p=1" + argon_tail,
     "the hash has an unknown scheme; known are $argon2id$, $scram-sha-256$, $7$ and $6$"},
};
const RefusedCredential sha512_refusals[] = {
    {"$6", "the salt is missing"},
    {"$6$c2FsdA==", "the hash is missing"},
    {"$6$$" + hash64(), "the salt has 0 bytes, not 1..128"},
    {"$6$?$" + hash64(), "the salt is not base64"},
    {"$6$c2FsdA==$AAAA", "the hash has 3 bytes, not 64"},
    {"$6$c2FsdA==$AAA*", "the hash is not base64"},
    {"$6$c2FsdA==$" + hash64() + "$x", "something follows the hash"},
    {"$7", "the number of iterations is missing"},
    {"$7$c2FsdA==$" + hash64(), "the number of iterations must be a number above 0"},
    {"$7$0$c2FsdA==$" + hash64(), "the number of iterations must be a number above 0"},
    {"$7$-1$c2FsdA==$" + hash64(), "the number of iterations must be a number above 0"},
    {"$7$10x$c2FsdA==$" + hash64(), "the number of iterations must be a number above 0"},
    {"$7$5000001$c2FsdA==$" + hash64(), "the number of iterations must be at most 5000000"},
    {"$7$99999999999$c2FsdA==$" + hash64(), "the number of iterations must be at most 5000000"},
    {"$7$101$c2FsdA==", "the hash is missing"},
};
const RefusedCredential argon2_refusals[] = {
    {"$argon2id$m=256,t=2,p=1" + argon_tail, "only version 19 of argon2id is known (v=19)"},
    {"$argon2id$v=16$m=256,t=2,p=1" + argon_tail, "only version 19 of argon2id is known (v=19)"},
    {"$argon2id$v=19$t=2,m=256,p=1" + argon_tail, argon_parameters},
    {"$argon2id$v=19$m=256,t=2" + argon_tail, argon_parameters},
    {"$argon2id$v=19$m=256,t=2,p=1,x=1" + argon_tail, argon_parameters},
    {"$argon2id$v=19$m=,t=2,p=1" + argon_tail, "the memory (m) must be a number above 0"},
    {"$argon2id$v=19$m=262145,t=1,p=1" + argon_tail, "the memory (m) must be at most 262144"},
    {"$argon2id$v=19$m=4294967296,t=1,p=1" + argon_tail, "the memory (m) must be at most 262144"},
    {"$argon2id$v=19$m=256,t=101,p=1" + argon_tail, "the number of passes (t) must be at most 100"},
    {"$argon2id$v=19$m=256,t=1,p=65" + argon_tail, "the number of lanes (p) must be at most 64"},
    {"$argon2id$v=19$m=15,t=1,p=2" + argon_tail, "the memory (m) must be at least 8 KiB per lane (p)"},
    {"$argon2id$v=19$m=262144,t=17,p=1" + argon_tail, "memory (m) times passes (t) must be at most 4194304"},
    {"$argon2id$v=19$m=256,t=2,p=1$c29tZQ$AAAA", "the salt has 4 bytes, not 8..128"},
    {"$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$AAAA", "the hash has 3 bytes, not 16..64"},
    {"$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ", "the hash is missing"},
};

INSTANTIATE_TEST_SUITE_P(General, CredentialRefusal, testing::ValuesIn(general_refusals));
INSTANTIATE_TEST_SUITE_P(Sha512, CredentialRefusal, testing::ValuesIn(sha512_refusals));
INSTANTIATE_TEST_SUITE_P(Argon2id, CredentialRefusal, testing::ValuesIn(argon2_refusals));

}  // namespace
}  // namespace tenon::auth_file
