#include "observe/log/escape.h"

#include <array>
#include <cstdint>

namespace tenon::observe {

namespace {

struct Character {
  std::uint32_t code = 0;
  std::size_t length = 1;  // bytes used; 1 when malformed
  bool well_formed = false;
};

// The smallest code point that needs a sequence of this many bytes.
constexpr std::array<std::uint32_t, 5> smallest_of_length = {0, 0, 0x80, 0x800, 0x10000};

std::size_t sequence_length(std::uint8_t lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return 2;
  if (lead >= 0xE0 && lead <= 0xEF) return 3;
  if (lead >= 0xF0 && lead <= 0xF4) return 4;
  return 0;
}

// REQUIRES: text is not empty.
Character first_character(std::string_view text) {
  const auto lead = static_cast<std::uint8_t>(text[0]);
  const std::size_t length = sequence_length(lead);
  if (length == 1) return {lead, 1, true};
  if (length == 0 || length > text.size()) return {lead, 1, false};
  std::uint32_t code = lead & (0x7Fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    const auto byte = static_cast<std::uint8_t>(text[i]);
    if ((byte & 0xC0) != 0x80) return {lead, 1, false};
    code = (code << 6) | (byte & 0x3F);
  }
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (code < smallest_of_length[length] || code > 0x10FFFF || surrogate) return {lead, 1, false};
  return {code, length, true};
}

// Characters that end a line, steer a terminal or change the direction of text.
bool is_harmful(std::uint32_t code) {
  if (code < 0x20 || (code >= 0x7F && code <= 0x9F)) return true;
  if (code == 0x061C || code == 0x200E || code == 0x200F) return true;
  return (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
}

void append_hex(std::string& out, std::uint32_t value, int digits_min) {
  constexpr std::string_view digits = "0123456789abcdef";
  int count = digits_min;
  while (count < 8 && (value >> (4 * count)) != 0) ++count;
  while (count-- > 0) out += digits[(value >> (4 * count)) & 0xF];
}

void append_visible(std::string& out, std::uint32_t code) {
  if (code == '\n') {
    out += "\\n";
  } else if (code == '\r') {
    out += "\\r";
  } else if (code == '\t') {
    out += "\\t";
  } else if (code < 0x80) {
    out += "\\x";
    append_hex(out, code, 2);
  } else {
    out += "\\u{";
    append_hex(out, code, 4);
    out += '}';
  }
}

// Text for people; '"' is escaped when `quote` is '"'.
void append_for_people(std::string& out, std::string_view text, char quote) {
  while (!text.empty()) {
    const Character c = first_character(text);
    if (!c.well_formed) {
      out += "\\x";
      append_hex(out, c.code, 2);
    } else if (c.code == '\\' || (quote != 0 && c.code == static_cast<std::uint8_t>(quote))) {
      out += '\\';
      out += static_cast<char>(c.code);
    } else if (is_harmful(c.code)) {
      append_visible(out, c.code);
    } else {
      out += text.substr(0, c.length);
    }
    text.remove_prefix(c.length);
  }
}

void append_for_json(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const Character c = first_character(text);
    if (!c.well_formed) {
      out += "\\ufffd";
    } else if (c.code == '\\' || c.code == '"') {
      out += '\\';
      out += static_cast<char>(c.code);
    } else if (is_harmful(c.code)) {
      out += "\\u";
      append_hex(out, c.code, 4);
    } else {
      out += text.substr(0, c.length);
    }
    text.remove_prefix(c.length);
  }
}

// The longest start of `text` of at most `bytes_max` bytes that does not end inside a character.
std::string_view cut(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  std::size_t end = bytes_max;
  for (int i = 0; i < 3 && end > 0 && (static_cast<std::uint8_t>(text[end]) & 0xC0) == 0x80; ++i) --end;
  return text.substr(0, end);
}

void append_cut_mark(std::string& out, std::size_t full_bytes, std::size_t used_bytes) {
  if (used_bytes == full_bytes) return;
  out += "...(";
  out += std::to_string(full_bytes);
  out += " bytes)";
}

}  // namespace

void append_escaped(std::string& out, std::string_view text, std::size_t bytes_max) {
  const std::string_view used = cut(text, bytes_max);
  append_for_people(out, used, 0);
  append_cut_mark(out, text.size(), used.size());
}

void append_quoted(std::string& out, std::string_view text, std::size_t bytes_max) {
  const std::string_view used = cut(text, bytes_max);
  out += '"';
  append_for_people(out, used, '"');
  append_cut_mark(out, text.size(), used.size());
  out += '"';
}

void append_json_string(std::string& out, std::string_view text, std::size_t bytes_max) {
  const std::string_view used = cut(text, bytes_max);
  out += '"';
  append_for_json(out, used);
  append_cut_mark(out, text.size(), used.size());
  out += '"';
}

}  // namespace tenon::observe
