#include <gtest/gtest.h>

#include "answer/cache.h"
#include "answer/decision.h"
#include "answer/question.h"

// What can be shown of auth/http without a service; the rest is in tests/scenario/auth_http_test.py.

namespace tenon::auth_http {
namespace {

// What the answer grants may have them in it (%u, %c), also where the service is not told of them.
TEST(Question, OfAnotherClientIsAnother) {
  const auto key_of = [](const char* username, const char* client_id, const char* body) {
    Question question;
    question.username = username;
    question.client_id = client_id;
    question.body = body;
    return question.cache_key();
  };
  EXPECT_EQ(key_of("ann", "c1", "{}"), key_of("ann", "c1", "{}"));
  for (const std::string& other : {key_of("ann", "c2", "{}"), key_of("bob", "c1", "{}"),
                                   key_of("annc", "1", "{}"), key_of("ann", "c1", "{ }")})
    EXPECT_NE(key_of("ann", "c1", "{}"), other);
}

tenon_bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

tenon_auth_request request_of_admin(std::uint32_t flags) {
  tenon_auth_request raw{};
  raw.struct_size = sizeof raw;
  raw.protocol_level = 5;
  raw.flags = TENON_AUTH_HAS_USERNAME | flags;
  raw.username = bytes_of("admin");
  raw.client_id = bytes_of("c");
  raw.cert_subject = bytes_of("CN=a+CN=b");
  return raw;
}

// A certificate that gives no name has a subject all the same.
TEST(Question, TellsANameThatTheCertificateHasProvedFromOneThatTheClientStates) {
  const FieldNames names{
      {"username", "username"}, {"username_proved", "username_proved"}, {"cert_subject", "cert_subject"}};
  const tenon_auth_request stated = request_of_admin(0);
  const tenon_auth_request proved = request_of_admin(TENON_AUTH_USERNAME_PROVED);
  const Question one = make_question(names, sdk::AuthRequest(&stated));
  const Question other = make_question(names, sdk::AuthRequest(&proved));
  EXPECT_EQ(one.body, R"({"cert_subject":"CN=a+CN=b","username":"admin"})");
  EXPECT_EQ(other.body, R"({"cert_subject":"CN=a+CN=b","username":"admin","username_proved":true})");
  EXPECT_NE(one.cache_key(), other.cache_key());
}

TEST(Cache, AnswerHoldsForItsTimeAndTheOldestGoes) {
  Cache cache(1000, 2);
  const auto decision = std::make_shared<const Decision>();
  cache.put("a", decision, 0);
  EXPECT_EQ(cache.find("a", 999).decision, decision);
  EXPECT_EQ(cache.find("a", 1000).decision, nullptr);
  cache.put("a", decision, 0);
  cache.put("b", decision, 1);
  cache.put("a", decision, 2);
  cache.put("c", decision, 3);
  EXPECT_EQ(cache.find("b", 4).decision, nullptr);
  EXPECT_EQ(cache.find("a", 4).since_ns, 2);
  EXPECT_TRUE(cache.find("c", 4).decision);
  Cache none(0, 10);
  none.put("a", decision, 0);
  EXPECT_EQ(none.find("a", 0).decision, nullptr);
}

TEST(Cache, AnswerHoldsNoLongerThanItSays) {
  Cache cache(100'000'000'000, 2);
  Decision decision;
  decision.valid_s = 5;
  cache.put("a", std::make_shared<const Decision>(std::move(decision)), 0);
  EXPECT_TRUE(cache.find("a", 4'999'999'999).decision);
  EXPECT_FALSE(cache.find("a", 5'000'000'000).decision);
}

}  // namespace
}  // namespace tenon::auth_http
