#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::auth_common {

// An object of JSON that is read has no more members: each name is compared with all before it.
inline constexpr std::size_t members_max = 1024;

// A value of JSON (RFC 8259). Its end takes no memory, so that where there is none only reading fails.
class JsonValue {
 public:
  enum class Type : std::uint8_t { null, flag, number, text, list, object };

  JsonValue() = default;
  explicit JsonValue(Type type) : type_(type) {}
  explicit JsonValue(bool flag) : type_(Type::flag), flag_(flag) {}
  explicit JsonValue(std::string text) : type_(Type::text), text_(std::move(text)) {}
  // `whole`: the same, when it is a whole number and not negative.
  JsonValue(double number, std::optional<std::uint64_t> whole)
      : type_(Type::number), number_(number), whole_(whole) {}

  bool is(Type type) const { return type_ == type; }
  // Each of what it is; an empty value otherwise.
  bool flag() const { return flag_; }
  double number() const { return number_; }
  const std::optional<std::uint64_t>& whole() const { return whole_; }
  const std::string& text() const { return text_; }
  // Of a list, or what the members of an object hold.
  const std::vector<JsonValue>& items() const { return items_; }
  // Null: it is no object, or has no such member.
  const JsonValue* find(std::string_view name) const;

  // REQUIRES: it is an object, which has no such member. The member.
  JsonValue& add(std::string name, JsonValue value);
  // REQUIRES: it is a list.
  JsonValue& add(JsonValue value);

 private:
  Type type_ = Type::null;
  bool flag_ = false;
  double number_ = 0;
  std::optional<std::uint64_t> whole_;
  std::string text_;
  std::vector<JsonValue> items_;
  std::vector<std::string> names_;  // of an object's items
};

// Empty: the text is no JSON, holds lists and objects more than `nesting_max` deep, or an object that states
// a member twice or has more than `members_max`. Throws bad_alloc.
std::optional<JsonValue> read_json(std::string_view text, std::size_t nesting_max);

// The text as one of JSON, in quotes; what is no UTF-8 is replaced by U+FFFD. Throws bad_alloc.
std::string json_text(std::string_view text);

}  // namespace tenon::auth_common
