#include "token/token.h"

#include <gtest/gtest.h>

#include "common/grant.h"
#include "shared/base64.h"
#include "token/claim_rules.h"
#include "tokens.h"

// What is read of a token before anything in it is believed, and what is asked of its claims.

namespace tenon::auth_jwt {

using auth_common::fill_in;
using auth_common::Grant;
using auth_common::is_grant_filter;
namespace {

constexpr ClaimNames names{"sub", "cid", "publish", "subscribe"};

TokenShape shape_of(std::string_view text) {
  return read_token(text).shape;
}
// Of a token with this header and a signature, whatever it is worth.
TokenShape shape_of_header(std::string_view header) {
  return shape_of(encode(header) + "." + encode("{}") + "." + encode("x"));
}
std::string why_of(std::string_view payload) {
  const char* why = read_claims(payload, names).why;
  return why ? why : "";
}

TEST(Base64Url, IsReadStrictly) {
  EXPECT_EQ(decode_base64url(""), "");
  EXPECT_EQ(decode_base64url("_-8"), "\xff\xef");
  for (const std::string_view text : {"A", "AB=", "AB==", "A+", "A/", "AB\n", "AB C", "AAB"})
    EXPECT_EQ(decode_base64url(text), std::nullopt) << text;
}

TEST(Token, IsTakenApart) {
  const ReadToken read = read_token(hs_token(R"({"alg":"HS256","kid":"k1"})", R"({"sub":"ann"})", secret));
  ASSERT_EQ(read.shape, TokenShape::token);
  EXPECT_EQ(read.token.algorithm, Algorithm::hs256);
  EXPECT_EQ(read.token.key_id, "k1");
  EXPECT_EQ(read.token.payload, R"({"sub":"ann"})");
  EXPECT_EQ(read.token.signature.size(), 32u);
}

TEST(Token, PasswordsAreNone) {
  for (const std::string_view text :
       {"", "secret", "a.b", "a.b.c", "a.b.c.d", "..", "e30.e30.e30", "bnVsbA.e30.eA"})
    EXPECT_EQ(shape_of(text), TokenShape::no_token) << text;
  EXPECT_EQ(shape_of(std::string(60'000, '.')), TokenShape::no_token);
}

TEST(Token, AlgorithmNoneIsRefusedInEachSpelling) {  // ATTACK-23
  for (const char* name :
       {"none", "None", "NONE", "nOnE", "", "HS1", "RS1", "hs256", "PS256", "ES256K", "HS256 "}) {
    const std::string header = std::string(R"({"alg":")") + name + "\"}";
    EXPECT_EQ(shape_of_header(header), TokenShape::refused) << name;
    // Without a signature, too, as "none" has it.
    EXPECT_EQ(shape_of(encode(header) + "." + encode("{}") + "."), TokenShape::refused) << name;
  }
}

TEST(Token, WithoutASignatureIsRefused) {
  EXPECT_EQ(shape_of(encode(R"({"alg":"HS256"})") + "." + encode("{}") + "."), TokenShape::refused);
}

TEST(Token, HeadersThatAreNotUnderstoodAreRefused) {
  for (const std::string_view header :
       {R"({"alg":"HS256","crit":["exp"],"exp":1})", R"({"alg":"HS256","crit":[]})", R"({"alg":5})",
        R"({"alg":null})", R"({"alg":["HS256"]})", R"({"alg":"HS256","kid":7})",
        R"({"alg":"HS256","kid":null})"})
    EXPECT_EQ(shape_of_header(header), TokenShape::refused) << header;
  // What can be read in two ways is not read at all.
  EXPECT_EQ(shape_of_header(R"({"alg":"none","alg":"HS256"})"), TokenShape::no_token);
  EXPECT_EQ(shape_of_header(R"({"alg":"HS256"} x)"), TokenShape::no_token);
}

TEST(Token, KeyIdIsATextAndNoPath) {  // ATTACK-23
  const ReadToken read = read_token(hs_token(R"({"alg":"HS256","kid":"../../dev/null"})", "{}", secret));
  ASSERT_EQ(read.shape, TokenShape::token);
  EXPECT_EQ(read.token.key_id, "../../dev/null");
}

TEST(Token, AboveTheSizeLimitIsNotEvenDecoded) {
  const std::string payload = R"({"x":")" + std::string(token_bytes_max, 'x') + "\"}";
  EXPECT_EQ(shape_of(hs_token(R"({"alg":"HS256"})", payload, secret)), TokenShape::no_token);
}

TEST(Token, DeepNestingIsRefusedAndDoesNoHarm) {
  EXPECT_NE(why_of(std::string(4000, '[')), "");
  EXPECT_NE(why_of(R"({"a":)" + std::string(2000, '[') + std::string(2000, ']') + "}"), "");
  EXPECT_EQ(why_of(R"({"a":[[[[1]]]]})"), "");
}

TEST(Claims, AreRead) {
  const auto claims =
      read_claims(R"({"sub":"ann","cid":"c1","iss":"i","aud":["a","b"],"exp":10.5,"nbf":1,"iat":2,)"
                  R"("publish":["a/#"],"subscribe":[]})",
                  names)
          .claims;
  EXPECT_EQ(claims.username, "ann");
  EXPECT_EQ(claims.client_id, "c1");
  EXPECT_EQ(claims.issuer, "i");
  EXPECT_EQ(claims.audiences, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(claims.expires_s, 10.5);
  EXPECT_EQ(claims.publish, std::vector<std::string>{"a/#"});
  EXPECT_EQ(claims.subscribe, std::vector<std::string>{});
  EXPECT_EQ(read_claims(R"({"aud":"a"})", names).claims.audiences, std::vector<std::string>{"a"});
}

TEST(Claims, OfAnotherTypeAreRefusedNotPassedOver) {
  for (const std::string_view payload : {"",
                                         "[]",
                                         "null",
                                         "{",
                                         R"({"sub":1})",
                                         R"({"sub":null})",
                                         R"({"cid":1})",
                                         R"({"iss":["i"]})",
                                         R"({"aud":1})",
                                         R"({"aud":[1]})",
                                         R"({"exp":"10"})",
                                         R"({"exp":null})",
                                         R"({"exp":-1})",
                                         R"({"exp":1e300})",
                                         R"({"exp":true})",
                                         R"({"nbf":"1"})",
                                         R"({"iat":[]})",
                                         R"({"publish":"a/#"})",
                                         R"({"publish":[1]})",
                                         R"({"subscribe":{}})",
                                         R"({"exp":1,"exp":9999999999})"})
    EXPECT_NE(why_of(payload), "") << payload;
}

TEST(Claims, HaveNoMoreFiltersThanTheLimit) {
  std::string list;
  for (std::size_t i = 0; i <= filters_max; ++i) list += std::string(i ? "," : "") + "\"a\"";
  EXPECT_NE(why_of("{\"publish\":[" + list + "]}"), "");
}

class Rules : public testing::Test {
 protected:
  std::string refusal(std::int64_t now_s) const {
    const char* why = refuse_claims(claims, rules, "c1", now_s * 1000);
    return why ? why : "";
  }
  Rules() {
    claims.username = "ann";
    claims.expires_s = 1000;
    rules.leeway_s = 30;
  }
  Claims claims;
  ClaimRules rules;
};

TEST_F(Rules, ExpiryCountsWithLeeway) {
  EXPECT_EQ(refusal(999), "");
  EXPECT_EQ(refusal(1029), "");
  EXPECT_EQ(refusal(1030), "it has expired");
  EXPECT_EQ(valid_ms(claims, rules, 999'500), 30'500u);
}

TEST_F(Rules, ExpiryIsAskedForUnlessToldOtherwise) {
  claims.expires_s.reset();
  EXPECT_EQ(refusal(5), "it never expires (require_expiry)");
  rules.needs_expiry = false;
  EXPECT_EQ(refusal(5), "");
  EXPECT_EQ(valid_ms(claims, rules, 5), std::nullopt);
}

TEST_F(Rules, TimesInTheFutureCountWithLeeway) {
  claims.not_before_s = 500;
  EXPECT_EQ(refusal(469), "it is not good yet");
  EXPECT_EQ(refusal(470), "");
  claims.not_before_s.reset();
  claims.issued_s = 500;
  EXPECT_EQ(refusal(469), "it was issued in the future");
  EXPECT_EQ(refusal(470), "");
}

TEST_F(Rules, IssuerAndAudienceMustBeThoseThatAreStated) {
  claims.issuer = "other";
  claims.audiences = {"other"};
  EXPECT_EQ(refusal(5), "");
  rules.issuer = "me";
  EXPECT_EQ(refusal(5), "it is of another issuer");
  claims.issuer.reset();
  EXPECT_EQ(refusal(5), "it is of another issuer");
  claims.issuer = "me";
  rules.audience = "tenon";
  EXPECT_EQ(refusal(5), "it is for another audience");
  claims.audiences.push_back("tenon");
  EXPECT_EQ(refusal(5), "");
  claims.audiences.clear();
  EXPECT_EQ(refusal(5), "it is for another audience");
}

TEST_F(Rules, UserMustBeNamedAndTheClientIdMustFit) {
  claims.username = "";
  EXPECT_EQ(refusal(5), "it names no user");
  claims.username.reset();
  EXPECT_EQ(refusal(5), "it names no user");
  claims.username = "ann";
  claims.client_id = "c2";
  EXPECT_EQ(refusal(5), "it is for another client id");
  claims.client_id = "c1";
  EXPECT_EQ(refusal(5), "");
}

TEST(GrantFilter, IsOneOfMqttOrRefused) {
  for (const std::string_view good : {"a", "/", "a//b", "#", "+", "+/a/#", "$SYS/#", "%u/%c", "\xc3\xa4"})
    EXPECT_TRUE(is_grant_filter(good)) << good;
  for (const std::string_view bad :
       {std::string_view(""), std::string_view("a#"), std::string_view("#/a"), std::string_view("a+/b"),
        std::string_view("a/b+"), std::string_view("a\0b", 3), std::string_view("\xff"),
        std::string_view("\xed\xa0\x80")})
    EXPECT_FALSE(is_grant_filter(bad)) << bad;
  EXPECT_FALSE(is_grant_filter(std::string(200, '/')));
}

TEST(GrantFilter, PlaceholdersAreTheClientsOwnNamesAsText) {  // ATTACK-17
  EXPECT_EQ(fill_in("d/%u/%c/#", "ann", "c1"), "d/ann/c1/#");
  EXPECT_EQ(fill_in("d/x%u", "ann", "c1"), "d/x%u");
  for (const std::string_view odd : {"+", "#", "a/b", "", "$SYS", "a+b"})
    EXPECT_EQ(fill_in("d/%u", odd, "c1"), std::nullopt) << odd;
  EXPECT_EQ(fill_in("d/%u", "%c", "c1"), "d/%c");
}

TEST(GrantFilter, MatchesTopicsAsMqttDoes) {
  const Grant grant({"a/+/c", "b/#", "$x/#"});
  for (const std::string_view topic : {"a/1/c", "a//c", "b", "b/1/2", "$x/y"})
    EXPECT_TRUE(grant.allows_topic(topic)) << topic;
  for (const std::string_view topic : {"a/1/d", "a/1/c/d", "a/c", "bb", "$y", "", "a/+/c", "b/#"})
    EXPECT_FALSE(grant.allows_topic(topic)) << topic;
  EXPECT_FALSE(Grant({"#"}).allows_topic("$SYS/a"));
  EXPECT_FALSE(Grant({"+/a"}).allows_topic("$SYS/a"));
  EXPECT_FALSE(Grant().allows_topic("a"));
}

TEST(GrantFilter, MeetsFiltersThatShareATopic) {
  const Grant grant({"a/b/#"});
  for (const std::string_view filter : {"#", "+/b", "a/#", "a/b/c/+", "a/+/+", "a/b"})
    EXPECT_TRUE(grant.meets(filter)) << filter;
  for (const std::string_view filter : {"b/#", "+", "a/c/#", "$SYS/#", ""})
    EXPECT_FALSE(grant.meets(filter)) << filter;
}

}  // namespace
}  // namespace tenon::auth_jwt
