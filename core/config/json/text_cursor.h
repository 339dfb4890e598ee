#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "config/json/utf8.h"

namespace tenon::config {

struct TextPosition {
  std::uint32_t line = 1;
  std::uint32_t column = 1;  // in characters, not in bytes
};

// Reads a text from start to end and knows at each point which line and column it stands at.
// The text is borrowed and must outlive the cursor.
class TextCursor {
 public:
  explicit TextCursor(std::string_view text) : text_(text) {}

  bool at_end() const { return offset_ == text_.size(); }
  // The next character, `\0` at the end; `ahead` looks that many further.
  char peek(std::size_t ahead = 0) const {
    return offset_ + ahead < text_.size() ? text_[offset_ + ahead] : '\0';
  }
  bool starts_with(std::string_view what) const { return text_.substr(offset_).starts_with(what); }
  std::string_view rest() const { return text_.substr(offset_); }
  std::size_t offset() const { return offset_; }
  std::string_view since(std::size_t offset) const { return text_.substr(offset, offset_ - offset); }
  TextPosition position() const { return position_; }

  // Goes one byte on. REQUIRES: not at the end.
  void advance() {
    const char passed = text_[offset_++];
    if (passed == '\n')
      position_ = {position_.line + 1, 1};
    else if (!is_utf8_continuation(peek()))
      ++position_.column;
  }
  void advance(std::size_t count) {
    while (count-- > 0) advance();
  }

 private:
  std::string_view text_;
  std::size_t offset_ = 0;
  TextPosition position_;
};

}  // namespace tenon::config
