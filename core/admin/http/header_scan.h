#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tenon::admin {

// Looks for the end of an HTTP request header and refuses, as early as the bytes show it, what no honest
// client sends and what peers are known to read differently: control characters, lines that end in LF or CR
// alone, folded lines (RFC 9112 sections 2.2 and 5.2). What it lets through still has to be parsed.
//
// Pure state; one request each.
class HeaderScan {
 public:
  enum class Verdict : std::uint8_t {
    more,       // the header goes on
    complete,   // header_bytes() is its length, with the empty line
    malformed,  // reason() says what is wrong
    long_line,  // the request line passes the limit
    too_large,  // the header passes the limit
  };

  explicit HeaderScan(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  // `input` is all bytes since the start of the request; those seen by an earlier call are not looked at
  // again. Not called again after a verdict other than `more`.
  Verdict scan(std::string_view input);

  std::size_t header_bytes() const { return seen_; }
  std::string_view reason() const { return reason_; }

 private:
  enum class Place : std::uint8_t { start, line_start, line, after_cr, after_last_cr };

  Verdict step(char c);
  Verdict refuse(std::string_view reason);

  std::size_t bytes_max_;
  std::size_t seen_ = 0;
  std::size_t lines_ = 0;
  Place place_ = Place::start;
  std::string_view reason_;
};

}  // namespace tenon::admin
