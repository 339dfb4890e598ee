#include <gtest/gtest.h>

#include <array>

#include "origin.h"
#include "support/filter_rig.h"
#include "websocket_filter.h"

namespace tenon::filter_websocket {
namespace {

using test::FilterRig;
using namespace std::string_literals;

// The request of RFC 6455 section 1.3, with the subprotocol of MQTT.
std::string request(std::string_view first = "GET /mqtt HTTP/1.1", std::string_view more = "",
                    std::string_view leave_out = "") {
  std::string text = std::string(first) + "\r\n";
  for (const std::string_view line :
       {"Host: example.com", "Upgrade: websocket", "Connection: keep-alive, Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol: chat, mqtt",
        "Sec-WebSocket-Version: 13"})
    if (leave_out.empty() || !line.starts_with(leave_out)) text += std::string(line) + "\r\n";
  return text + std::string(more) + "\r\n";
}

constexpr std::string_view mask = "\x37\xFA\x21\x3D";

// A frame as a client sends it.
std::string frame(unsigned first, std::string_view payload) {
  std::string out(1, static_cast<char>(first));
  if (payload.size() < 126) {
    out += static_cast<char>(0x80 | payload.size());
  } else if (payload.size() < 65536) {
    out += static_cast<char>(0x80 | 126);
    out += static_cast<char>(payload.size() >> 8);
    out += static_cast<char>(payload.size() & 0xFF);
  } else {
    out += static_cast<char>(0x80 | 127);
    for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(payload.size() >> shift & 0xFF);
  }
  out += mask;
  for (std::size_t i = 0; i < payload.size(); ++i) out += static_cast<char>(payload[i] ^ mask[i % 4]);
  return out;
}

std::string text_of_bytes(std::size_t len) {
  std::string text(len, ' ');
  for (std::size_t i = 0; i < len; ++i) text[i] = static_cast<char>(i * 7);
  return text;
}

// A link whose upgrade has succeeded, or any other.
struct Subject {
  FilterRig rig;
  Options options;
  Counters counters;
  WebSocketConn conn{rig.link(), options, counters};

  static std::unique_ptr<Subject> opened(Options with = {}) {
    auto subject = std::make_unique<Subject>(with);
    EXPECT_EQ(subject->rig.feed(subject->conn, request()), TENON_OK);
    subject->rig.down.clear();
    return subject;
  }
  explicit Subject(Options with = {}) : options(std::move(with)) {}
};

TEST(WebSocketUpgrade, IsAnsweredWithTheKeyOfTheStandard) {
  Subject subject;
  EXPECT_EQ(subject.rig.feed(subject.conn, request()), TENON_OK);
  EXPECT_EQ(subject.rig.ready_count, 1);
  EXPECT_EQ(subject.rig.down,
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n");
  EXPECT_EQ(subject.rig.facts[TENON_FACT_SUBPROTOCOL], "mqtt");
}

TEST(WebSocketUpgrade, TakesTheOldSubprotocolAQueryAndAnyCase) {
  for (const std::string& text :
       {request("GET /mqtt HTTP/1.1", "sec-websocket-protocol: mqttv3.1\r\n", "Sec-WebSocket-Protocol"),
        request("GET /mqtt?token=1 HTTP/1.1"),
        request("GET /mqtt HTTP/1.1", "UPGRADE:WebSocket\r\n", "Upgrade"),
        request("GET /mqtt HTTP/1.1", "Content-Length: 0\r\n")}) {
    Subject subject;
    EXPECT_EQ(subject.rig.feed(subject.conn, text), TENON_OK) << text;
    EXPECT_EQ(subject.rig.ready_count, 1) << text;
  }
}

TEST(WebSocketUpgrade, WhatIsNoProperRequestIsRefusedWithItsStatus) {
  const struct {
    std::string text;
    std::string_view status;
  } cases[] = {
      {request("POST /mqtt HTTP/1.1"), "405"},
      {request("GET /other HTTP/1.1"), "404"},
      {request("GET /mqtt HTTP/1.0"), "400"},
      {request("GET /mqtt"), "400"},
      {request("GET  HTTP/1.1"), "400"},
      {request("GET /mqtt HTTP/1.1", "", "Host"), "400"},
      {request("GET /mqtt HTTP/1.1", "Host: other\r\n"), "400"},
      {request("GET /mqtt HTTP/1.1", "", "Upgrade"), "426"},
      {request("GET /mqtt HTTP/1.1", "", "Connection"), "426"},
      {request("GET /mqtt HTTP/1.1", "", "Sec-WebSocket-Version"), "426"},
      {request("GET /mqtt HTTP/1.1", "Sec-WebSocket-Version: 8\r\n", "Sec-WebSocket-Version"), "426"},
      {request("GET /mqtt HTTP/1.1", "", "Sec-WebSocket-Key"), "400"},
      {request("GET /mqtt HTTP/1.1", "Sec-WebSocket-Key: short==\r\n", "Sec-WebSocket-Key"), "400"},
      {request("GET /mqtt HTTP/1.1", "", "Sec-WebSocket-Protocol"), "400"},
      {request("GET /mqtt HTTP/1.1", "Sec-WebSocket-Protocol: MQTT\r\n", "Sec-WebSocket-Protocol"), "400"},
      {request("GET /mqtt HTTP/1.1", "Content-Length: 4\r\n"), "400"},
      {request("GET /mqtt HTTP/1.1", "Transfer-Encoding: chunked\r\n"), "400"},
      {request("GET /mqtt HTTP/1.1", "no colon\r\n"), "400"},
      {request("GET /mqtt HTTP/1.1", "Origin: a\r\nOrigin: b\r\n"), "400"},
      {request("GET /mqtt HTTP/1.1", "A\x01: b\r\n"), "400"},
      {"\x10\x0C\x00\x04MQTT\r\n\r\n"s, "400"},
      {"GET /mqtt HTTP/1.1\r\nX: " + std::string(9000, 'x'), "431"},
  };
  for (const auto& one : cases)
    for (const std::size_t step : {std::size_t{1}, SIZE_MAX}) {
      Subject subject;
      EXPECT_EQ(subject.rig.feed(subject.conn, one.text, step), TENON_E_INVALID) << one.text;
      EXPECT_EQ(subject.rig.ready_count, 0) << one.text;
      EXPECT_EQ(subject.rig.down.substr(9, 3), one.status) << one.text;
      EXPECT_NE(subject.rig.reason, "") << one.text;
    }
}

// ATTACK-21
TEST(WebSocketUpgrade, PagesOfOtherOriginsAreRefusedWhenSomeAreNamed) {
  const Options some{.origins = {"https://panel.example.org", "https://panel.example.org:8443", "null"}};
  const struct {
    std::string_view line;
    bool is_admitted;
  } cases[] = {
      {"", true},
      {"Origin: https://panel.example.org\r\n", true},
      {"ORIGIN:HTTPS://Panel.example.org:8443\r\n", true},
      {"Origin: null\r\n", true},
      {"Origin: http://panel.example.org\r\n", false},
      {"Origin: https://panel.example.org:9443\r\n", false},
      {"Origin: https://panel.example.org.evil.example\r\n", false},
      {"Origin: https://evil.example/https://panel.example.org\r\n", false},
      {"Origin: https://panel.example\r\n", false},
      {"Origin:\r\n", false},
  };
  for (const auto& one : cases) {
    Subject subject(some);
    const bool is_open = subject.rig.feed(subject.conn, request("GET /mqtt HTTP/1.1", one.line)) == TENON_OK;
    EXPECT_EQ(is_open, one.is_admitted) << one.line;
    EXPECT_EQ(subject.rig.down.substr(9, 3), one.is_admitted ? "101" : "403") << one.line;
    Subject any;
    EXPECT_EQ(any.rig.feed(any.conn, request("GET /mqtt HTTP/1.1", one.line)), TENON_OK) << one.line;
  }
}

// ATTACK-21
TEST(WebSocketOrigin, IsNullOrASchemeAndAHostWithoutAPath) {
  for (const std::string_view text :
       {"null", "https://panel.example.org", "HTTPS://Panel.example.org:8443", "http://localhost:1",
        "http://127.0.0.1:65535", "http://[::1]", "http://[2001:db8::1]:8080", "chrome-extension://abcdef",
        "https://xn--e1afmkfd.example", "http://my_host", "file://"})
    EXPECT_TRUE(is_origin(text)) << text;
  for (const std::string_view text : {"",
                                      "*",
                                      "NULL",
                                      "panel.example.org",
                                      "panel.example.org:8443",
                                      "//panel.example.org",
                                      "https://",
                                      "https:///",
                                      "://x",
                                      "https://x/",
                                      "https://x/mqtt",
                                      "https://x:8443/",
                                      "https://x?a",
                                      "https://x#a",
                                      "https://x ",
                                      " https://x",
                                      "https://*.x",
                                      "https://a@x",
                                      "https://x:",
                                      "https://x:0",
                                      "https://x:65536",
                                      "https://x:80x",
                                      "https://x:-1",
                                      "https://x:1:2",
                                      "https://:80",
                                      "https://[",
                                      "https://[::1",
                                      "https://[]",
                                      "https://[::1]80",
                                      "https://[::1]:",
                                      "https://]:1",
                                      "1s://x",
                                      "ht tp://x",
                                      "https://\xC3\xA4.example",
                                      "https://x,https://y",
                                      "https:/x"})
    EXPECT_FALSE(is_origin(text)) << text;
}

TEST(WebSocketFrames, PayloadOfEveryLengthGoesUpUnmasked) {
  for (const std::size_t len :
       {0, 1, 2, 3, 4, 5, 7, 8, 9, 125, 126, 127, 4095, 4096, 4097, 65535, 65536, 70000}) {
    auto subject = Subject::opened();
    const std::string payload = text_of_bytes(len);
    EXPECT_EQ(subject->rig.feed(subject->conn, frame(0x82, payload)), TENON_OK) << len;
    EXPECT_EQ(subject->rig.up, payload) << len;
  }
}

TEST(WebSocketFrames, AnySplitGivesTheSame) {
  const std::string payload = text_of_bytes(300);
  const std::string all = request() + frame(0x02, payload.substr(0, 100)) + frame(0x89, "hi") +
                          frame(0x80, payload.substr(100)) + frame(0x82, "end");
  for (std::size_t step = 1; step < all.size(); ++step) {
    Subject subject;
    ASSERT_EQ(subject.rig.feed(subject.conn, all, step), TENON_OK) << step;
    ASSERT_EQ(subject.rig.up, payload + "end") << step;
    ASSERT_TRUE(subject.rig.down.ends_with("\x8A\x02hi")) << step;
  }
}

TEST(WebSocketFrames, WhatIsNotTakenAboveWaits) {
  auto subject = Subject::opened();
  subject->rig.space_bytes = 5;
  subject->rig.room_bytes = 0;
  subject->rig.again_bytes = 7;
  const std::string payload = text_of_bytes(500);
  EXPECT_EQ(subject->rig.feed(subject->conn,
                              frame(0x02, payload.substr(0, 250)) + frame(0x80, payload.substr(250))),
            TENON_OK);
  EXPECT_GT(subject->rig.again_count, 10);
  EXPECT_EQ(subject->rig.up, payload);
}

TEST(WebSocketFrames, AClosingFrameWaitsForWhatCameBeforeIt) {
  auto subject = Subject::opened();
  subject->rig.room_bytes = 0;
  const std::string bytes = frame(0x82, "text") + frame(0x88, "\x03\xE8"s);
  std::uint64_t taken = 0;
  EXPECT_EQ(
      subject->conn.receive({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, &taken),
      TENON_AGAIN);
  EXPECT_EQ(taken, bytes.size());
  EXPECT_EQ(subject->rig.up, "text");
  const std::string before = subject->rig.down;
  EXPECT_EQ(subject->conn.receive({}, &taken), TENON_E_CLOSED);
  EXPECT_EQ(subject->rig.down.substr(before.size()), "\x88\x02\x03\xE8"s);
}

TEST(WebSocketFrames, EachBrokenRuleHasItsCloseCode) {
  const std::string unmasked = "\x82\x01x"s;
  const struct {
    const char* what;
    std::string bytes;
    unsigned code;
  } cases[] = {
      {"no mask", unmasked, 1002},
      {"text", frame(0x81, "x"), 1003},
      {"reserved bit", frame(0xC2, "x"), 1002},
      {"unknown opcode", frame(0x83, "x"), 1002},
      {"unknown control opcode", frame(0x8B, "x"), 1002},
      {"continuation of nothing", frame(0x80, "x"), 1002},
      {"message within a message", frame(0x02, "x") + frame(0x82, "x"), 1002},
      {"ping in fragments", frame(0x09, "x"), 1002},
      {"long ping", frame(0x89, std::string(126, 'x')), 1002},
      {"length not shortest", "\x82\xFE\x00\x7D"s + std::string(mask), 1002},
      {"long length not shortest", "\x82\xFF\x00\x00\x00\x00\x00\x00\xFF\xFF"s + std::string(mask), 1002},
      {"negative length", "\x82\xFF\x80\x00\x00\x00\x00\x00\x00\x00"s + std::string(mask), 1002},
      {"frame too long", frame(0x82, std::string(1001, 'x')), 1009},
      {"message too long",
       frame(0x02, std::string(900, 'x')) + frame(0x00, std::string(900, 'x')) +
           frame(0x80, std::string(900, 'x')),
       1009},
      {"close of one byte", frame(0x88, "x"), 1002},
      {"close with a reserved code", frame(0x88, "\x03\xED"), 1002},
      {"close with a code below all", frame(0x88, "\x00\x01"s), 1002},
  };
  Options options;
  options.limits = {1000, 2000};
  for (const auto& one : cases)
    for (const std::size_t step : {std::size_t{1}, SIZE_MAX}) {
      auto subject = Subject::opened(options);
      EXPECT_EQ(subject->rig.feed(subject->conn, one.bytes, step), TENON_E_INVALID) << one.what;
      const std::string close = {'\x88', '\x02', static_cast<char>(one.code >> 8),
                                 static_cast<char>(one.code & 0xFF)};
      EXPECT_EQ(subject->rig.down, close) << one.what;
      EXPECT_NE(subject->rig.reason, "") << one.what;
    }
}

TEST(WebSocketFrames, CloseIsAnsweredWithItsCode) {
  auto subject = Subject::opened();
  EXPECT_EQ(subject->rig.feed(subject->conn, frame(0x88, "\x03\xE8 bye")), TENON_E_CLOSED);
  EXPECT_EQ(subject->rig.down, "\x88\x02\x03\xE8");
  auto silent = Subject::opened();
  EXPECT_EQ(silent->rig.feed(silent->conn, frame(0x88, "")), TENON_E_CLOSED);
  EXPECT_EQ(silent->rig.down, "\x88\x00"s);
}

TEST(WebSocketFrames, PongsOfTheClientAreIgnored) {
  auto subject = Subject::opened();
  EXPECT_EQ(subject->rig.feed(subject->conn, frame(0x8A, "x")), TENON_OK);
  EXPECT_EQ(subject->rig.down, "");
}

TEST(WebSocketOutput, OneFrameHoldsAllOfATurn) {
  const std::pair<std::size_t, std::string> heads[] = {{1, "\x82\x01"s},
                                                       {125, "\x82\x7D"s},
                                                       {126, "\x82\x7E\x00\x7E"s},
                                                       {65535, "\x82\x7E\xFF\xFF"s},
                                                       {65536, "\x82\x7F\x00\x00\x00\x00\x00\x01\x00\x00"s}};
  for (const auto& [len, head] : heads) {
    auto subject = Subject::opened();
    const std::string payload = text_of_bytes(len);
    EXPECT_EQ(subject->rig.send(subject->conn, payload), TENON_OK);
    EXPECT_EQ(subject->rig.down, head + payload);
  }
  auto subject = Subject::opened();
  const std::array<tenon_bytes, 2> spans{
      {{reinterpret_cast<const std::uint8_t*>("ab"), 2}, {reinterpret_cast<const std::uint8_t*>("c"), 1}}};
  EXPECT_EQ(subject->conn.send_v(spans), TENON_OK);
  subject->conn.finish();
  EXPECT_EQ(subject->rig.down,
            "\x82\x03"
            "abc\x88\x02\x03\xE8");
}

}  // namespace
}  // namespace tenon::filter_websocket
