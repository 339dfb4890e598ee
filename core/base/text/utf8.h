#pragma once

#include <string_view>

namespace tenon {

// What one pass over a text finds.
struct TextScan {
  bool well_formed = false;   // see is_well_formed_text
  bool has_wildcard = false;  // contains '+' or '#'; meaningful only when well_formed
};

// True when `text` is UTF-8 without overlong forms, without surrogates (U+D800..U+DFFF), without code points
// above U+10FFFF and without U+0000. A byte order mark is an ordinary character. The empty text is well
// formed. Any thread. Never allocates. ASCII is checked eight bytes at a time.
bool is_well_formed_text(std::string_view text);

// True when `text` is UTF-8 as RFC 3629 has it: the same, but U+0000 is a character as any other.
bool is_utf8(std::string_view text);

// The check of is_well_formed_text, which also tells whether the text has a wildcard character.
TextScan scan_text(std::string_view text);

}  // namespace tenon
