// What is no request, or one that two readers could read differently, ends the connection with one error
// answer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "fakes.h"
#include "http_conversation.h"

namespace tenon::admin {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";

// Sends `request` and what somebody wants to smuggle behind it; returns the status of the only answer, 0 when
// there is none, -1 when there are several or the connection stays open.
int only_status(std::string_view request) {
  EchoHandler handler;
  HttpConversation talk(handler);
  talk.send(std::string(request) + std::string(smuggled));
  if (talk.received.empty()) return 0;
  if (count_of(talk.received, "\r\nDate: ") != 1 || !talk.connection().want_close()) return -1;
  return std::stoi(talk.received.substr(9, 3));
}

std::string post(std::string_view fields, std::string_view body = "", std::string_view version = "HTTP/1.1") {
  return "POST /x " + std::string(version) + "\r\nHost: a\r\n" + std::string(fields) + "\r\n" +
         std::string(body);
}

// RFC 9112 section 6.3 and 11.2
TEST(HttpHostile, AmbiguousFramingIsRefused) {
  EXPECT_EQ(only_status(post("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")), 400);
  EXPECT_EQ(only_status(post("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", "0\r\n\r\n")), 400);
  EXPECT_EQ(only_status(post("Content-Length: 3\r\nContent-Length: 4\r\n", "abc")), 400);
  EXPECT_EQ(only_status(post("Content-Length: 3\r\nContent-Length: 3\r\n", "abc")), 400);
  EXPECT_EQ(only_status(post("Content-Length: 3, 3\r\n", "abc")), 400);
  EXPECT_EQ(only_status(post("Content-Length: 3\r\nTransfer-Encoding: identity\r\n", "abc")), 400);
}

TEST(HttpHostile, ContentLengthsThatAreNoNumbersAreRefused) {
  for (const char* value :
       {"", "-1", "+3", "0x3", "3 3", "3;", "three", "99999999999999999999999999", "1e3", "3.0"})
    EXPECT_EQ(only_status(post("Content-Length: " + std::string(value) + "\r\n", "abc")), 400) << value;
}

TEST(HttpHostile, TransferEncodingsOtherThanChunkedAloneAreRefused) {
  for (const char* value : {"identity", "gzip", "gzip, chunked", "chunked, identity", "chunked, chunked",
                            "xchunked", "\"chunked\"", "chunked;q=1", ""})
    EXPECT_EQ(only_status(post("Transfer-Encoding: " + std::string(value) + "\r\n", "0\r\n\r\n")), 501)
        << value;
  EXPECT_EQ(only_status(post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")),
            400);
  EXPECT_EQ(only_status(post("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")),
            400);
  EXPECT_EQ(only_status(post("Transfer-Encoding: chunked\r\n", "0\r\n\r\n", "HTTP/1.0")), 400);
}

TEST(HttpHostile, DisguisedTransferEncodingsAreRefused) {
  EXPECT_EQ(only_status(post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n")), 400);
  EXPECT_EQ(only_status(post("Transfer-Encoding:\x0b"
                             "chunked\r\n",
                             "0\r\n\r\n")),
            400);
  EXPECT_EQ(only_status(post(" Transfer-Encoding: chunked\r\n", "0\r\n\r\n")), 400);
  EXPECT_EQ(only_status(post("X: y\r\n Transfer-Encoding: chunked\r\n", "0\r\n\r\n")), 400);
  EXPECT_EQ(only_status(post("X: y\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")), 400);
  EXPECT_EQ(only_status(post("X: y\rTransfer-Encoding: chunked\r\n", "0\r\n\r\n")), 400);
  EXPECT_EQ(only_status(post("Transfer\tEncoding: chunked\r\n", "0\r\n\r\n")), 400);
  EXPECT_EQ(only_status(post("X Transfer-Encoding: chunked\r\n", "0\r\n\r\n")), 400);
}

TEST(HttpHostile, BadChunksAreRefused) {
  for (const char* body : {"x\r\n", "-1\r\n\r\n", "0x3\r\nabc\r\n", "3\r\nabcX", "3\nabc\r\n",
                           "ffffffffffffffffff\r\n", "3\r\nabc\r\n\r\n", "3 3\r\nabc\r\n", "\r\n"})
    EXPECT_EQ(only_status(post("Transfer-Encoding: chunked\r\n", body)), 400) << body;
}

TEST(HttpHostile, AnEndlessChunkExtensionIsRefused) {
  EchoHandler handler;
  HttpConversation talk(handler);
  talk.send(post("Transfer-Encoding: chunked\r\n", "3;a="));
  for (int i = 0; i < 1024 && !talk.connection().want_close(); ++i) talk.send(std::string(1024, 'x'));
  EXPECT_THAT(talk.received, StartsWith("HTTP/1.1 400 "));
}

TEST(HttpHostile, ATrailerCanNotChangeTheRequest) {
  EXPECT_EQ(only_status(post("Transfer-Encoding: chunked\r\n", "0\r\nContent-Length: 40\r\n\r\n")), 400);
  EchoHandler handler;
  HttpConversation talk(handler);
  talk.send(post("Transfer-Encoding: chunked\r\n", "2\r\nab\r\n0\r\nAuthorization: Bearer x\r\n\r\n"));
  EXPECT_THAT(talk.received, EndsWith("POST /x? [ab]"));
}

TEST(HttpHostile, RequestLinesThatAreNoneAreRefused) {
  for (const char* line :
       {"GET", "GET /x", "GET  /x HTTP/1.1", "GET /x  HTTP/1.1", "GET /x HTTP/1.1 ", "GET /x HTTP/1",
        "GET /x http/1.1", "GET /x HTTP/1.10", "/x HTTP/1.1", "G(T /x HTTP/1.1", "GET /a b HTTP/1.1",
        "GET x HTTP/1.1", "GET * HTTP/1.1", "GET ftp://a/x HTTP/1.1", "GET /x#y HTTP/1.1",
        "CONNECT a:1 HTTP/1.1", "HTTP/1.1 200 OK"}) {
    const int status = only_status(std::string(line) + "\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(status == 400 || status == 505) << line << ": " << status;
  }
  for (const char* version : {"HTTP/2.0", "HTTP/0.9", "HTTP/1.2", "HTTP/9.9"})
    EXPECT_EQ(only_status("GET /x " + std::string(version) + "\r\nHost: a\r\n\r\n"), 505) << version;
}

// RFC 9112 section 3.2
TEST(HttpHostile, HostMustBeThereOnce) {
  EXPECT_EQ(only_status("GET /x HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(only_status("GET /x HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"), 400);
}

TEST(HttpHostile, ExpectationsThatAreNotUnderstoodAreRefused) {
  EXPECT_EQ(only_status(post("Expect: 200-maybe\r\nContent-Length: 1\r\n", "a")), 417);
}

TEST(HttpHostile, OtherProtocolsAreRefusedAtOnce) {
  EchoHandler handler;
  for (const std::string_view hello :
       {std::string_view("\x16\x03\x01\x02\x00", 5), std::string_view("\x10\x0c\x00", 3)}) {
    HttpConversation talk(handler);
    talk.send(hello);
    EXPECT_THAT(talk.received, StartsWith("HTTP/1.1 400 "));
    EXPECT_TRUE(talk.connection().want_close());
  }
}

TEST(HttpHostile, AMebibyteOfHeaderIsCutOffAtTheLimit) {
  EchoHandler handler;
  const std::string kibibyte(1024, 'x');
  HttpConversation fields(handler);
  fields.send("GET /x HTTP/1.1\r\nHost: a\r\n");
  HttpConversation line(handler);
  line.send("GET /");
  for (int i = 0; i < 1024; ++i) {
    fields.send("X: " + kibibyte + "\r\n");
    line.send(kibibyte);
  }
  EXPECT_THAT(fields.received, StartsWith("HTTP/1.1 431 "));
  EXPECT_EQ(count_of(fields.received, "\r\nDate: "), 1u);
  EXPECT_THAT(line.received, StartsWith("HTTP/1.1 414 "));
  EXPECT_EQ(count_of(line.received, "\r\nDate: "), 1u);
}

TEST(HttpHostile, ManySmallFieldsAreCutOffAtTheLimitToo) {
  std::string fields;
  for (int i = 0; i < 20'000; ++i) fields += "a:\r\n";
  EXPECT_EQ(only_status(post(fields)), 431);
}

TEST(HttpHostile, ABodyPastTheLimitIsRefusedByItsLengthAndWhileItComes) {
  EchoHandler handler;
  HttpConversation declared(handler);
  declared.send(post("Content-Length: 65537\r\n"));
  EXPECT_THAT(declared.received, StartsWith("HTTP/1.1 413 "));
  HttpConversation chunked(handler);
  chunked.send(post("Transfer-Encoding: chunked\r\n"));
  for (int i = 0; i < 17 && !chunked.connection().want_close(); ++i)
    chunked.send("1000\r\n" + std::string(4096, 'x') + "\r\n");
  EXPECT_THAT(chunked.received, StartsWith("HTTP/1.1 413 "));
  HttpConversation fits(handler);
  fits.send(post("Content-Length: 65536\r\n", std::string(65536, 'x')));
  EXPECT_THAT(fits.received, StartsWith("HTTP/1.1 200 "));
}

TEST(HttpHostile, ErrorAnswersAreProblemsAndBytesBehindThemAreDropped) {
  EchoHandler handler;
  HttpConversation talk(handler);
  talk.send("nonsense\n");
  EXPECT_THAT(talk.received, HasSubstr("Content-Type: application/problem+json\r\n"));
  EXPECT_THAT(talk.received, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(talk.received, HasSubstr("\"status\": 400"));
  const std::string before = talk.received;
  talk.send(std::string(1 << 20, 'x'));
  EXPECT_EQ(talk.received, before);
}

// Damages good requests at random and feeds them in random pieces: no crash, and never an answer to what was
// not asked.
TEST(HttpHostile, DamagedRequestsNeverReachTheHandlerTwice) {
  const std::vector<std::string> seeds = {
      post("Content-Length: 5\r\n", "hello"),
      post("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n\r\n"),
      "GET /x?y HTTP/1.1\r\nHost: a\r\nAccept: */*\r\nConnection: keep-alive\r\n\r\n"};
  EchoHandler handler;
  std::minstd_rand random(9112);
  for (int round = 0; round < 20'000; ++round) {
    std::string text = seeds[random() % seeds.size()];
    for (unsigned i = 0; i < 1 + random() % 4; ++i)
      text[random() % text.size()] = static_cast<char>(random());
    HttpConversation talk(handler);
    std::string_view rest = text;
    while (!rest.empty()) {
      const std::size_t piece = 1 + random() % rest.size();
      talk.send(rest.substr(0, piece));
      rest.remove_prefix(piece);
    }
    EXPECT_LE(count_of(talk.received, "HTTP/1.1 200"), 1u) << text;
  }
}

}  // namespace
}  // namespace tenon::admin
