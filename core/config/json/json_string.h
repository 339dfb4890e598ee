#pragma once

#include <string>

#include "config/json/text_cursor.h"

namespace tenon::config {

// Why a text is no JSON; thrown inside the reader only.
struct SyntaxError {
  TextPosition at;
  std::string text;
};

// Reads a string (RFC 8259 section 7) and gives it decoded, in UTF-8; the cursor ends behind the closing
// quote. REQUIRES: the cursor stands at the opening quote, and the text is well-formed UTF-8. Throws
// SyntaxError.
std::string read_json_string(TextCursor& cursor);

}  // namespace tenon::config
