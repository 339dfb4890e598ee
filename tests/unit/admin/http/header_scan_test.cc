#include "admin/http/header_scan.h"

#include <gtest/gtest.h>

#include <string>

namespace tenon::admin {
namespace {

using Verdict = HeaderScan::Verdict;
using namespace std::string_literals;

constexpr std::size_t bytes_max = 64;

Verdict scan(std::string_view text) {
  return HeaderScan(bytes_max).scan(text);
}

TEST(HeaderScan, FindsTheEndOfTheHeader) {
  HeaderScan scan(bytes_max);
  EXPECT_EQ(scan.scan("GET / HTTP/1.1\r\nA: b\r\n\r\nbody"), Verdict::complete);
  EXPECT_EQ(scan.header_bytes(), 24u);
}

TEST(HeaderScan, GivesTheSameVerdictByteByByte) {
  const std::string text = "GET / HTTP/1.1\r\nA: b\r\n\r\n";
  HeaderScan scan(bytes_max);
  for (std::size_t i = 1; i < text.size(); ++i) EXPECT_EQ(scan.scan(text.substr(0, i)), Verdict::more);
  EXPECT_EQ(scan.scan(text), Verdict::complete);
}

TEST(HeaderScan, RefusesWhatIsNoTextAtItsFirstByte) {
  EXPECT_EQ(scan("\x16\x03\x01"), Verdict::malformed);  // TLS
  EXPECT_EQ(scan("\x10\x0e\x00\x04MQTT"s), Verdict::malformed);
  EXPECT_EQ(scan("\0"s), Verdict::malformed);
}

// RFC 9112 section 2.2
TEST(HeaderScan, RefusesLinesThatEndInOneOfCrAndLf) {
  EXPECT_EQ(scan("GET / HTTP/1.1\n"), Verdict::malformed);
  EXPECT_EQ(scan("GET / HTTP/1.1\rX"), Verdict::malformed);
  EXPECT_EQ(scan("GET / HTTP/1.1\r\nA: b\n\n"), Verdict::malformed);
  EXPECT_EQ(scan("GET / HTTP/1.1\r\n\rX"), Verdict::malformed);
  EXPECT_EQ(scan("\r\n\r\n"), Verdict::malformed);
}

// RFC 9112 section 5.2
TEST(HeaderScan, RefusesFoldedLines) {
  EXPECT_EQ(scan("GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n"), Verdict::malformed);
  EXPECT_EQ(scan("GET / HTTP/1.1\r\n\tc\r\n\r\n"), Verdict::malformed);
  EXPECT_EQ(scan(" GET / HTTP/1.1\r\n"), Verdict::malformed);
}

TEST(HeaderScan, RefusesControlCharactersAnywhere) {
  for (int byte = 0; byte < 256; ++byte) {
    const bool allowed = byte == '\t' || (byte >= 0x20 && byte != 0x7F);
    if (byte == '\r' || byte == '\n') continue;
    const std::string text = "GET / HTTP/1.1\r\nA: x" + std::string(1, static_cast<char>(byte)) + "\r\n\r\n";
    EXPECT_EQ(scan(text), allowed ? Verdict::complete : Verdict::malformed) << byte;
  }
}

TEST(HeaderScan, TellsALongRequestLineFromALargeHeader) {
  EXPECT_EQ(scan(std::string(bytes_max, 'A')), Verdict::more);
  EXPECT_EQ(scan(std::string(bytes_max + 1, 'A')), Verdict::long_line);
  EXPECT_EQ(scan("GET / HTTP/1.1\r\n" + std::string(bytes_max, 'A')), Verdict::too_large);
}

TEST(HeaderScan, AHeaderOfExactlyTheLimitIsAccepted) {
  const std::string start = "GET / HTTP/1.1\r\nA: ";
  const std::string text = start + std::string(bytes_max - start.size() - 4, 'x') + "\r\n\r\n";
  ASSERT_EQ(text.size(), bytes_max);
  EXPECT_EQ(scan(text), Verdict::complete);
}

}  // namespace
}  // namespace tenon::admin
