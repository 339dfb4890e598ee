#include "admin/http/connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes.h"
#include "http_conversation.h"

namespace tenon::admin {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string get(std::string_view path, std::string_view more = "") {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n" + std::string(more) + "\r\n";
}

TEST(HttpConnection, AnswersARequestAndStaysOpen) {
  EchoHandler handler;
  HttpConversation talk(handler);
  EXPECT_TRUE(talk.connection().idle());
  talk.send(get("/x?a=1&b=2"));
  EXPECT_EQ(talk.received,
            "HTTP/1.1 200 OK\r\n"
            "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
            "Content-Type: text/plain\r\n"
            "Content-Length: 17\r\n"
            "Cache-Control: no-store\r\n"
            "X-Content-Type-Options: nosniff\r\n"
            "\r\n"
            "GET /x?a=1&b=2 []");
  EXPECT_TRUE(talk.connection().idle());
  EXPECT_FALSE(talk.connection().want_close());
}

TEST(HttpConnection, AnswersPipelinedRequestsInOrder) {
  EchoHandler handler;
  HttpConversation talk(handler);
  talk.send(get("/1") + get("/2") + "\r\n" + get("/3"));
  const auto first = talk.received.find("GET /1?");
  const auto second = talk.received.find("GET /2?");
  const auto third = talk.received.find("GET /3?");
  EXPECT_LT(first, second);
  EXPECT_LT(second, third);
  EXPECT_LT(third, std::string::npos);
}

// Cuts one stream of every kind of request at every place.
TEST(HttpConnection, WhereTheStreamIsCutMakesNoDifference) {
  const std::string stream = get("/1") + "POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello" +
                             "HEAD /3 HTTP/1.1\r\nHost: a\r\n\r\n" +
                             "POST /4 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                             "3;ext=\"1\"\r\nabc\r\n2\r\nde\r\n0\r\nX-Trailer: t\r\n\r\n" +
                             get("/5", "Connection: close\r\n") + get("/6");
  EchoHandler handler;
  HttpConversation whole(handler);
  whole.send(stream);
  EXPECT_THAT(whole.received, HasSubstr("POST /2? [hello]"));
  EXPECT_THAT(whole.received, HasSubstr("POST /4? [abcde]"));
  EXPECT_THAT(whole.received, EndsWith("GET /5? []"));
  EXPECT_TRUE(whole.connection().want_close());
  for (std::size_t cut = 1; cut < stream.size(); ++cut) {
    HttpConversation talk(handler);
    talk.send(std::string_view(stream).substr(0, cut));
    talk.send(std::string_view(stream).substr(cut));
    EXPECT_EQ(talk.received, whole.received) << "cut at " << cut;
  }
  HttpConversation talk(handler);
  talk.send_byte_by_byte(stream);
  EXPECT_EQ(talk.received, whole.received);
}

TEST(HttpConnection, HeadGetsTheHeaderOfGetWithoutItsBody) {
  EchoHandler handler;
  HttpConversation talk(handler);
  talk.send("HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(talk.received, HasSubstr("Content-Length: 11\r\n"));
  EXPECT_THAT(talk.received, EndsWith("\r\n\r\n"));
}

TEST(HttpConnection, CloseAndHttp10EndTheConnectionAfterTheAnswer) {
  EchoHandler handler;
  for (const std::string& request :
       {get("/x", "Connection: close\r\n"), std::string("GET /x HTTP/1.0\r\n\r\n")}) {
    HttpConversation talk(handler);
    talk.send(request + get("/y"));
    EXPECT_THAT(talk.received, HasSubstr("Connection: close\r\n"));
    EXPECT_EQ(count_of(talk.received, "HTTP/1.1 "), 1u);
    EXPECT_TRUE(talk.connection().want_close());
  }
}

TEST(HttpConnection, Http10MayKeepTheConnectionByAskingForIt) {
  EchoHandler handler;
  HttpConversation talk(handler);
  talk.send("GET /x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_THAT(talk.received, HasSubstr("Connection: keep-alive\r\n"));
  EXPECT_FALSE(talk.connection().want_close());
}

// RFC 9110 section 10.1.1
TEST(HttpConnection, ExpectContinueIsAnsweredBeforeTheBodyComes) {
  EchoHandler handler;
  HttpConversation talk(handler);
  talk.send("POST /x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(talk.received, "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_FALSE(talk.connection().idle());
  talk.send("ok");
  EXPECT_THAT(talk.received, HasSubstr("200 OK"));
  EXPECT_THAT(talk.received, EndsWith("[ok]"));
}

TEST(HttpConnection, ARefusedRequestIsAnsweredBeforeItsBodyAndClosed) {
  EchoHandler handler;
  HttpConversation talk(handler);
  talk.send("POST /refused HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_THAT(talk.received, StartsWith("HTTP/1.1 404 "));
  EXPECT_TRUE(talk.connection().want_close());
}

// RFC 9112 section 9.3: what follows such an answer could be the body or the next request.
TEST(HttpConnection, ABodyThatIsNotWantedIsNotWaitedForAndEndsTheConnection) {
  EchoHandler handler;
  for (const std::string_view body : {"Content-Length: 2\r\n", "Transfer-Encoding: chunked\r\n",
                                      "Expect: 100-continue\r\nContent-Length: 2\r\n"}) {
    HttpConversation talk(handler);
    talk.send(get("/bodiless", body));
    EXPECT_THAT(talk.received, StartsWith("HTTP/1.1 200 ")) << body;
    EXPECT_THAT(talk.received, HasSubstr("Connection: close\r\n")) << body;
    EXPECT_THAT(talk.received, EndsWith("GET /bodiless? []")) << body;
    EXPECT_TRUE(talk.connection().want_close()) << body;
    talk.send(get("/x"));
    EXPECT_EQ(talk.exchanges.size(), 1u) << body;
  }
}

TEST(HttpConnection, ARequestWithoutBodyKeepsTheConnectionWhereNoneIsWanted) {
  EchoHandler handler;
  HttpConversation talk(handler);
  talk.send(get("/bodiless", "Content-Length: 0\r\n") + get("/x"));
  EXPECT_EQ(talk.exchanges.size(), 2u);
  EXPECT_FALSE(talk.connection().want_close());
}

TEST(HttpConnection, ARefusedRequestWithoutBodyKeepsTheConnection) {
  EchoHandler handler;
  HttpConversation talk(handler);
  talk.send(get("/refused") + get("/x"));
  EXPECT_THAT(talk.received, StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(talk.received, HasSubstr("200 OK"));
}

TEST(HttpConnection, AHandlerThatFailsIsAnInternalErrorAndNotTheEnd) {
  EchoHandler handler;
  HttpConversation talk(handler);
  talk.send(get("/throws") + get("/x"));
  EXPECT_THAT(talk.received, StartsWith("HTTP/1.1 500 "));
  EXPECT_THAT(talk.received, Not(HasSubstr("on purpose")));
  EXPECT_THAT(talk.received, HasSubstr("200 OK"));
}

TEST(HttpConnection, AbsoluteFormIsReducedToItsPath) {
  EchoHandler handler;
  HttpConversation talk(handler);
  talk.send(get("http://other:1/x?q") + get("HTTP://other"));
  EXPECT_THAT(talk.received, HasSubstr("GET /x?q []"));
  EXPECT_THAT(talk.received, HasSubstr("GET /? []"));
}

TEST(HttpConnection, EveryAnswerIsToldToItsOwner) {
  EchoHandler handler;
  HttpConversation talk(handler, {PeerTrust::owner, "unix uid 0"});
  talk.send(get("/x?q") + get("/refused") + "nonsense\r\n\r\n");
  ASSERT_EQ(talk.exchanges.size(), 3u);
  EXPECT_EQ(talk.exchanges[0].method, "GET");
  EXPECT_EQ(talk.exchanges[0].path, "/x");
  EXPECT_EQ(talk.exchanges[0].status, 200);
  EXPECT_EQ(talk.exchanges[1].status, 404);
  EXPECT_EQ(talk.exchanges[2].path, "");
  EXPECT_EQ(talk.exchanges[2].status, 400);
  for (const HttpExchange& exchange : talk.exchanges) EXPECT_EQ(exchange.from, "unix uid 0");
}

TEST(HttpConnection, ARequestIsUnderWayOnceItsHeadIsWholeUntilItIsAnswered) {
  EchoHandler handler;
  HttpConversation talk(handler);
  talk.hold_work();
  talk.send("POST /later HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n");
  EXPECT_FALSE(talk.connection().has_head());
  talk.send("\r\n");
  EXPECT_TRUE(talk.connection().has_head());
  talk.send("ab");
  EXPECT_TRUE(talk.connection().has_head());
  talk.do_work();
  EXPECT_FALSE(talk.connection().has_head());
}

// A few small requests must not make the broker hold megabytes of answers.
TEST(HttpConnection, AnswersStopWhenTheirReaderIsSlow) {
  EchoHandler handler;
  handler.padding.assign(10'000, 'x');
  test::ManualClock clock;
  const HttpLimits limits{.output_bytes_high = 100'000};
  HttpConnection connection(handler, clock, PeerTrust::owner, limits);
  std::string requests;
  for (int i = 0; i < 1000; ++i) requests += get("/x");
  connection.on_bytes(as_bytes(requests));
  EXPECT_FALSE(connection.want_read());
  std::size_t answers = 0;
  for (std::string output; !(output = connection.take_output()).empty(); connection.resume()) {
    EXPECT_LT(output.size(), limits.output_bytes_high + 11'000);
    answers += count_of(output, "HTTP/1.1 200");
  }
  EXPECT_EQ(answers, 1000u);
  EXPECT_TRUE(connection.want_read());
  EXPECT_TRUE(connection.idle());
}

TEST(HttpConnection, BytesThatArriveWhilePausedAreKept) {
  EchoHandler handler;
  test::ManualClock clock;
  HttpConnection connection(handler, clock, PeerTrust::owner, {.output_bytes_high = 1});
  connection.on_bytes(as_bytes(get("/1") + get("/2")));
  connection.on_bytes(as_bytes(get("/3")));
  std::string all;
  for (std::string output; !(output = connection.take_output()).empty(); connection.resume()) all += output;
  EXPECT_THAT(all, HasSubstr("GET /1?"));
  EXPECT_THAT(all, EndsWith("GET /3? []"));
}

TEST(HttpConnection, WhoSendsOnAndOnWhileItsAnswersWaitIsSentAway) {
  EchoHandler handler;
  test::ManualClock clock;
  HttpConnection connection(handler, clock, PeerTrust::loopback, {.output_bytes_high = 1});
  connection.on_bytes(as_bytes(get("/1")));
  ASSERT_FALSE(connection.want_read());
  for (int i = 0; i < 1000 && !connection.want_close(); ++i)
    connection.on_bytes(as_bytes(std::string(1024, 'x')));
  EXPECT_TRUE(connection.want_close());
}

TEST(HttpConnection, AResponseThatComesLaterKeepsItsPlace) {
  EchoHandler handler;
  HttpConversation talk(handler);
  talk.hold_work();
  talk.send(get("/1") + get("/later") + get("/3"));
  EXPECT_THAT(talk.received, EndsWith("GET /1? []"));
  EXPECT_FALSE(talk.connection().want_read());
  EXPECT_FALSE(talk.connection().idle());
  talk.send(get("/4"));
  EXPECT_THAT(talk.received, EndsWith("GET /1? []"));
  talk.do_work();
  EXPECT_LT(talk.received.find("/later"), talk.received.find("/3"));
  EXPECT_THAT(talk.received, EndsWith("GET /4? []"));
  EXPECT_TRUE(talk.connection().want_read());
  EXPECT_EQ(talk.exchanges.size(), 4u);
}

TEST(HttpConnection, ALateResponseEndsAConnectionThatIsNotKept) {
  EchoHandler handler;
  HttpConversation talk(handler);
  talk.hold_work();
  talk.send("GET /later HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_FALSE(talk.connection().want_close());
  talk.do_work();
  EXPECT_TRUE(talk.connection().want_close());
}

TEST(HttpConnection, WhatIsUnderWayWhenThePeerGoesIsToldAndNothingBehindItIsDone) {
  EchoHandler handler;
  HttpConversation talk(handler);
  talk.hold_work();
  talk.send(get("/later") + get("/2"));
  talk.connection().on_gone();
  talk.do_work();
  ASSERT_EQ(talk.exchanges.size(), 1u);
  EXPECT_EQ(talk.exchanges[0].path, "/later");
  EXPECT_TRUE(talk.connection().want_close());
  HttpConversation idle(handler);
  idle.connection().on_gone();
  idle.send(get("/1"));
  EXPECT_TRUE(idle.exchanges.empty());
}

}  // namespace
}  // namespace tenon::admin
