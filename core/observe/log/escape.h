#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tenon::observe {

// Appends `text` so that it can't end a line, move a cursor or reorder what is shown: control characters,
// malformed UTF-8, line separators and marks that change the direction of text become \n, \r, \t, \xNN or
// \u{N}; a backslash becomes \\. At most `bytes_max` bytes of `text` are used, cut between characters; a cut
// text ends in
// "...(N bytes)". Any thread; pure.
void append_escaped(std::string& out, std::string_view text, std::size_t bytes_max);

// The same, with '"' as \" and inside double quotes.
void append_quoted(std::string& out, std::string_view text, std::size_t bytes_max);

// Appends `text` as a JSON string, quotes included; malformed UTF-8 becomes U+FFFD and the rest is escaped as
// above, in JSON's way. Cut like append_escaped.
void append_json_string(std::string& out, std::string_view text, std::size_t bytes_max);

}  // namespace tenon::observe
