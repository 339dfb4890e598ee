#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "shared/http/response.h"
#include "shared/http/url.h"

// What can be shown of the HTTP client without a service; the rest is in exchange_test.cc and
// tests/scenario/auth_http_test.py.

namespace tenon::http {
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

TEST(Response, LimitsOfLinesAreTheSameInAnySplit) {
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  const auto line = [](std::size_t bytes) { return "1;" + std::string(bytes - 2, 'x') + "\r\n"; };
  const auto trailer = [&](std::size_t bytes) { return "0\r\n" + std::string(bytes, 'y') + "\r\n\r\n"; };
  const auto is_taken = [&](const std::string& rest, bool expected) {
    Response whole;
    whole.feed(head + rest);
    EXPECT_EQ(whole.state() == Response::State::complete, expected) << rest.size();
    EXPECT_EQ(state_of(head + rest, false), whole.state()) << rest.size();
  };
  is_taken(line(256) + "b\r\n0\r\n\r\n", true);
  is_taken(line(257) + "b\r\n0\r\n\r\n", false);
  is_taken(trailer(300), true);
  const std::size_t most = Response::head_bytes_max - head.size() - 4;
  is_taken(trailer(most), true);
  is_taken(trailer(most + 1), false);
}

TEST(Response, MemoryHasItsLimits) {
  Response head;
  EXPECT_EQ(head.feed("HTTP/1.1 200 OK\r\nX: " + std::string(Response::head_bytes_max, 'x')),
            Response::State::wrong);
  // Of 1xx, and behind the last chunk, there may be no more than of one head either.
  for (const auto& [begin, piece] : {std::pair{"", "HTTP/1.1 100 Continue\r\n\r\n"},
                                     std::pair{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
                                               "X: some text of 32 bytes in all\r\n"}}) {
    Response response;
    response.feed(begin);
    for (std::size_t fed = 0; fed <= Response::head_bytes_max; fed += std::string_view(piece).size())
      response.feed(piece);
    EXPECT_EQ(response.state(), Response::State::wrong) << begin;
  }
  Response body;
  body.feed("HTTP/1.1 200 OK\r\n\r\n");
  EXPECT_EQ(body.feed(std::string(Response::body_bytes_max + 1, 'x')), Response::State::wrong);
}

}  // namespace
}  // namespace tenon::http
