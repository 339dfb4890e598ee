#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace tenon::observe {

// The value of one field of a log record: a text, a number or a truth value. Borrows the text; it lives as
// long as the call that it is made for.
class FieldValue {
 public:
  using Storage = std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool>;

  FieldValue(std::string_view text) : storage_(text) {}                           // NOLINT
  FieldValue(const char* text) : storage_(std::string_view(text)) {}              // NOLINT
  FieldValue(const std::string& text) : storage_(std::string_view(text)) {}       // NOLINT
  FieldValue(std::same_as<bool> auto value) : storage_(value) {}                  // NOLINT
  FieldValue(std::signed_integral auto value) : storage_(std::int64_t{value}) {}  // NOLINT
  template <std::unsigned_integral T>
  requires(!std::same_as<T, bool>) FieldValue(T value) : storage_(std::uint64_t{value}) {}  // NOLINT
  FieldValue(std::floating_point auto value) : storage_(static_cast<double>(value)) {}      // NOLINT

  const Storage& storage() const { return storage_; }

 private:
  Storage storage_;
};

// One named value of a log record. Keys are words of [a-z0-9_.]; a unit comes last: "waited_ms".
struct Field {
  std::string_view key;
  FieldValue value;
};

}  // namespace tenon::observe
