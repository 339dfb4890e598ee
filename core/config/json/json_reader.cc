#include "config/json/json_reader.h"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <utility>

#include "config/json/json_string.h"
#include "config/json/json_writer.h"
#include "config/json/text_cursor.h"
#include "config/json/utf8.h"

namespace tenon::config {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// One run of the reader over one text. Every read_ function leaves the cursor behind what it read, or throws
// the one SyntaxError of this run, caught in read().
class Reader {
 public:
  Reader(std::string_view text, std::shared_ptr<const std::string> source, const JsonLimits& limits,
         std::vector<ConfigError>& errors)
      : text_(text), cursor_(text), source_(std::move(source)), limits_(limits), errors_(errors) {}

  std::optional<Value> read() {
    const std::size_t errors_before = errors_.size();
    try {
      check_text();
      if (cursor_.starts_with(byte_order_mark)) cursor_ = TextCursor(text_.substr(byte_order_mark.size()));
      skip_blank();
      if (cursor_.at_end()) fail("holds no value; write {} where nothing is to be set");
      Value value = read_value();
      skip_blank();
      if (!cursor_.at_end()) fail("expects the end of the text after the value, found " + found());
      if (errors_.size() == errors_before) return value;
    } catch (const SyntaxError& error) {
      add_error(error.at, error.text);
    }
    return std::nullopt;
  }

 private:
  [[noreturn]] void fail(std::string text) const { throw SyntaxError{cursor_.position(), std::move(text)}; }

  void add_error(TextPosition at, std::string text) {
    errors_.push_back({origin(at).file_line_column(), "", std::move(text)});
  }

  Origin origin(TextPosition at) const { return {source_, at.line, at.column}; }

  void check_text() {
    if (text_.size() > limits_.bytes_max)
      fail("is larger than the limit of " + std::to_string(limits_.bytes_max) + " bytes");
    const std::size_t invalid = first_invalid_utf8(text_);
    if (invalid == text_.size()) return;
    TextCursor at(text_.substr(0, invalid));
    at.advance(invalid);
    throw SyntaxError{at.position(), "is not UTF-8 here"};
  }

  // What stands at the cursor, for messages.
  std::string found() const {
    if (cursor_.at_end()) return "the end of the text";
    std::size_t length = 1;
    while (length < cursor_.rest().size() && is_utf8_continuation(cursor_.peek(length))) ++length;
    return json_quoted(cursor_.rest().substr(0, length));
  }

  void skip_blank() {
    for (;;) {
      const char c = cursor_.peek();
      if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
        cursor_.advance();
      else if (cursor_.starts_with("//"))
        skip_line_comment();
      else if (cursor_.starts_with("/*"))
        skip_block_comment();
      else
        return;
    }
  }

  void skip_line_comment() {
    while (!cursor_.at_end() && cursor_.peek() != '\n' && cursor_.peek() != '\r') cursor_.advance();
  }

  void skip_block_comment() {
    const TextPosition start = cursor_.position();
    cursor_.advance(2);
    while (!cursor_.starts_with("*/")) {
      if (cursor_.at_end()) throw SyntaxError{start, "the comment that starts here is not closed with */"};
      cursor_.advance();
    }
    cursor_.advance(2);
  }

  Value read_value() {
    Value value;
    value.origin = origin(cursor_.position());
    const char c = cursor_.peek();
    if (c == '{')
      read_map(value);
    else if (c == '[')
      read_list(value);
    else if (c == '"')
      value = Value::make_string(read_json_string(cursor_), value.origin);
    else if (c == '-' || is_digit(c))
      read_number(value);
    else
      read_word(value);
    return value;
  }

  void read_word(Value& value) {
    if (cursor_.starts_with("true"))
      take_word(value, Kind::boolean, true, 4);
    else if (cursor_.starts_with("false"))
      take_word(value, Kind::boolean, false, 5);
    else if (cursor_.starts_with("null"))
      take_word(value, Kind::null, false, 4);
    else
      fail("expects a value, found " + found());
  }

  void take_word(Value& value, Kind kind, bool boolean, std::size_t length) {
    value.kind = kind;
    value.boolean = boolean;
    cursor_.advance(length);
  }

  // number = [ "-" ] int [ frac ] [ exp ] (RFC 8259 section 6)
  void read_number(Value& value) {
    const std::size_t start = cursor_.offset();
    const TextPosition position = cursor_.position();
    bool whole = true;
    if (cursor_.peek() == '-') cursor_.advance();
    if (cursor_.peek() == '0' && is_digit(cursor_.peek(1))) fail("a number does not start with a needless 0");
    read_digits();
    if (cursor_.peek() == '.') {
      whole = false;
      cursor_.advance();
      read_digits();
    }
    if (cursor_.peek() == 'e' || cursor_.peek() == 'E') {
      whole = false;
      cursor_.advance();
      if (cursor_.peek() == '+' || cursor_.peek() == '-') cursor_.advance();
      read_digits();
    }
    set_number(value, cursor_.since(start), whole, position);
  }

  void read_digits() {
    if (!is_digit(cursor_.peek())) fail("expects a digit, found " + found());
    while (is_digit(cursor_.peek())) cursor_.advance();
  }

  void set_number(Value& value, std::string_view text, bool whole, TextPosition position) const {
    value.text = text;
    value.kind = Kind::number;
    const char* end = text.data() + text.size();
    if (whole && std::from_chars(text.data(), end, value.integer).ec == std::errc{}) {
      value.kind = Kind::integer;
      return;
    }
    double number = 0;
    const auto [stop, code] = std::from_chars(text.data(), end, number);
    // An exponent too small to represent is a zero; one too large has no value that a plugin could be handed.
    if (code == std::errc::result_out_of_range && !is_tiny(text))
      throw SyntaxError{position, "the number is out of range"};
  }

  // REQUIRES: a number that from_chars finds out of range. Which way, it does not say.
  static bool is_tiny(std::string_view text) {
    return std::abs(std::strtod(std::string(text).c_str(), nullptr)) < 1.0;
  }

  void read_list(Value& value) {
    value.kind = Kind::list;
    const Nested nested(*this);
    cursor_.advance();
    skip_blank();
    if (take(']')) return;
    for (;;) {
      value.items.push_back(read_value());
      skip_blank();
      if (take(']')) return;
      if (!take(',')) fail("expects , or ] after a value of the list, found " + found());
      skip_blank();
      if (cursor_.peek() == ']') fail("a comma before ] is not allowed");
    }
  }

  void read_map(Value& value) {
    value.kind = Kind::map;
    const Nested nested(*this);
    Keys keys;
    cursor_.advance();
    skip_blank();
    if (take('}')) return;
    for (;;) {
      read_member(value, keys);
      skip_blank();
      if (take('}')) return;
      if (!take(',')) fail("expects , or } after a value of the map, found " + found());
      skip_blank();
      if (cursor_.peek() == '}') fail("a comma before } is not allowed");
    }
  }

  // The keys of a map with the lines in which they stand.
  using Keys = std::map<std::string, std::uint32_t, std::less<>>;

  void read_member(Value& map, Keys& keys) {
    const TextPosition position = cursor_.position();
    if (cursor_.peek() != '"') fail("expects a key in double quotes, found " + found());
    std::string key = read_json_string(cursor_);
    skip_blank();
    if (!take(':')) fail("expects : after the key " + json_quoted(key) + ", found " + found());
    skip_blank();
    Value value = read_value();
    const auto [first, added] = keys.emplace(key, position.line);
    if (added)
      map.members.push_back({std::move(key), origin(position), std::move(value)});
    else
      add_error(position, "the key " + json_quoted(key) + " stands twice in this map, first in line " +
                              std::to_string(first->second));
  }

  bool take(char c) {
    if (cursor_.peek() != c || cursor_.at_end()) return false;
    cursor_.advance();
    return true;
  }

  // Counts the brackets that are open around the cursor.
  class Nested {
   public:
    explicit Nested(Reader& reader) : reader_(reader) {
      if (reader_.depth_ == reader_.limits_.depth_max)
        reader_.fail("is nested deeper than " + std::to_string(reader_.limits_.depth_max) + " levels");
      ++reader_.depth_;
    }
    ~Nested() { --reader_.depth_; }
    Nested(const Nested&) = delete;
    Nested& operator=(const Nested&) = delete;

   private:
    Reader& reader_;
  };

  std::string_view text_;
  TextCursor cursor_;
  std::shared_ptr<const std::string> source_;
  const JsonLimits& limits_;
  std::vector<ConfigError>& errors_;
  unsigned depth_ = 0;
};

}  // namespace

std::optional<Value> read_json(std::string_view text, std::shared_ptr<const std::string> source,
                               const JsonLimits& limits, std::vector<ConfigError>& errors) {
  return Reader(text, std::move(source), limits, errors).read();
}

}  // namespace tenon::config
