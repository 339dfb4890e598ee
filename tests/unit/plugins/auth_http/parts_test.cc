#include <gtest/gtest.h>

#include "answer/cache.h"
#include "answer/decision.h"
#include "answer/question.h"
#include "client/response.h"
#include "client/url.h"

// What can be shown of auth/http without a service; the rest is in tests/scenario/auth_http_test.py.

namespace tenon::auth_http {
namespace {

TEST(Url, PartsOfWhatIsOne) {
  const auto plain = parse_url("http://login.example");
  ASSERT_TRUE(plain);
  EXPECT_FALSE(plain->is_tls);
  EXPECT_EQ(plain->authority(), "login.example");
  EXPECT_EQ(plain->port, "80");
  EXPECT_EQ(plain->path, "/");
  const auto whole = parse_url("https://[2001:db8::1]:8443/a/b?c=d");
  ASSERT_TRUE(whole);
  EXPECT_TRUE(whole->is_tls);
  EXPECT_EQ(whole->host, "2001:db8::1");
  EXPECT_EQ(whole->authority(), "[2001:db8::1]:8443");
  EXPECT_EQ(whole->path, "/a/b?c=d");
  EXPECT_EQ(parse_url("http://h?x")->path, "/?x");
}

TEST(Url, WhatIsNoneIsRefused) {
  for (const char* bad :
       {"", "login.example", "ftp://h/", "http://", "http:///a", "http://u@h/", "http://h:0/",
        "http://h:65536/", "http://h:x/", "http://h/#f", "http://h/a b", "http://h/\r\nX: y", "http://[::1/"})
    EXPECT_FALSE(parse_url(bad)) << bad;
}

Response::State state_of(std::string_view text, bool ends = true) {
  Response response;
  for (const char& byte : text) response.feed({&byte, 1});
  return ends ? response.end() : response.state();
}

TEST(Response, WholeOnesInAnySplit) {
  for (const std::string& text :
       {std::string("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
        std::string(
            "HTTP/1.1 200\r\ntransfer-encoding: Chunked\r\n\r\n1\r\no\r\n1;a=b\r\nk\r\n0\r\nX: y\r\n\r\n"),
        std::string("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length:2\r\n\r\nok")})
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
      Response response;
      response.feed(text.substr(0, cut));
      ASSERT_EQ(response.feed(text.substr(cut)), Response::State::complete) << text << cut;
      EXPECT_EQ(response.status(), 200);
      EXPECT_EQ(response.body(), "ok");
      EXPECT_TRUE(response.keeps_alive());
    }
  EXPECT_EQ(state_of("HTTP/1.1 200 OK\r\n\r\nok"), Response::State::complete);
  EXPECT_EQ(state_of("HTTP/1.1 204 No Content\r\n\r\n", false), Response::State::complete);
}

TEST(Response, AmbiguousOnesAreNone) {
  for (const char* bad :
       {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nokk",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok!",
        "HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok", "HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 101 Up\r\n\r\n", "ok", "", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nok\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n"})
    EXPECT_EQ(state_of(bad), Response::State::wrong) << bad;
}

TEST(Response, MemoryHasItsLimits) {
  Response head;
  EXPECT_EQ(head.feed("HTTP/1.1 200 OK\r\nX: " + std::string(Response::head_bytes_max, 'x')),
            Response::State::wrong);
  Response body;
  body.feed("HTTP/1.1 200 OK\r\n\r\n");
  EXPECT_EQ(body.feed(std::string(Response::body_bytes_max + 1, 'x')), Response::State::wrong);
}

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
