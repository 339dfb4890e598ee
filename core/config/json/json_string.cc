#include "config/json/json_string.h"

#include <cstdint>
#include <optional>

namespace tenon::config {
namespace {

std::optional<std::uint32_t> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<std::uint32_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<std::uint32_t>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<std::uint32_t>(c - 'A' + 10);
  return std::nullopt;
}

// The four digits of \uXXXX; the cursor stands at the first of them.
std::uint32_t read_hex4(TextCursor& cursor) {
  std::uint32_t unit = 0;
  for (int i = 0; i < 4; ++i) {
    const auto digit = hex_digit(cursor.peek());
    if (!digit) throw SyntaxError{cursor.position(), "expects four hexadecimal digits after \\u"};
    unit = unit * 16 + *digit;
    cursor.advance();
  }
  return unit;
}

bool is_high_surrogate(std::uint32_t unit) {
  return unit >= 0xD800 && unit <= 0xDBFF;
}
bool is_low_surrogate(std::uint32_t unit) {
  return unit >= 0xDC00 && unit <= 0xDFFF;
}

// \uXXXX, or the two of them that make one character above U+FFFF; the cursor stands behind the first \u.
std::uint32_t read_unicode_escape(TextCursor& cursor, TextPosition start) {
  const std::uint32_t unit = read_hex4(cursor);
  if (!is_high_surrogate(unit) && !is_low_surrogate(unit)) return unit;
  if (is_high_surrogate(unit) && cursor.starts_with("\\u")) {
    cursor.advance(2);
    const std::uint32_t low = read_hex4(cursor);
    if (is_low_surrogate(low)) return 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
  }
  throw SyntaxError{start, "half of a surrogate pair is no character"};
}

void read_escape(TextCursor& cursor, std::string& out) {
  const TextPosition start = cursor.position();
  cursor.advance();
  const char c = cursor.peek();
  if (!cursor.at_end()) cursor.advance();
  switch (c) {
    case '"':
    case '\\':
    case '/':
      out.push_back(c);
      return;
    case 'b':
      out.push_back('\b');
      return;
    case 'f':
      out.push_back('\f');
      return;
    case 'n':
      out.push_back('\n');
      return;
    case 'r':
      out.push_back('\r');
      return;
    case 't':
      out.push_back('\t');
      return;
    case 'u':
      append_utf8(out, read_unicode_escape(cursor, start));
      return;
    default:
      throw SyntaxError{start, R"(unknown escape; allowed are \" \\ \/ \b \f \n \r \t and \uXXXX)"};
  }
}

}  // namespace

std::string read_json_string(TextCursor& cursor) {
  const TextPosition start = cursor.position();
  std::string out;
  cursor.advance();
  while (cursor.peek() != '"') {
    if (cursor.at_end()) throw SyntaxError{start, "the string that starts here is not closed"};
    const char c = cursor.peek();
    if (c == '\n') throw SyntaxError{start, "the string that starts here is not closed in its line"};
    if (static_cast<unsigned char>(c) < 0x20)
      throw SyntaxError{cursor.position(), "a control character inside a string must be escaped"};
    if (c == '\\') {
      read_escape(cursor, out);
    } else {
      out.push_back(c);
      cursor.advance();
    }
  }
  cursor.advance();
  return out;
}

}  // namespace tenon::config
