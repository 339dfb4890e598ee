#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/wire.h"

// How the stores write what they keep and say: a struct lists its members once, and that list both writes and
// reads it:
//
//   struct Sent {
//     std::uint64_t number = 0;
//     template <class Form, class Self>
//     static void form(Form& f, Self& s) { f(s.number); }
//   };
//
// Numbers are varints; a bool is a byte, 0 or 1; an enum is a byte; texts stand behind their length; a list
// stands behind its count; an optional behind a byte, 0 or 1; a struct is its members, one after another.
// What stands alone (an op, a reply, a record) may grow at its end: readers leave what they do not know, and
// what an older writer did not write keeps its default (f.appended()).

namespace tenon::service {

// The highest legal number of an enum that is written.
template <class Enum>
inline constexpr std::uint8_t enum_max = Enum::has_no_enum_max;

class FormWriter {
 public:
  explicit FormWriter(std::string& out) : out_(out) {}

  template <class... T>
  void operator()(const T&... values) {
    (write(values), ...);
  }
  // Members that were added later, behind all others of something that stands alone.
  template <class... T>
  void appended(const T&... values) {
    (write(values), ...);
  }
  // Likewise, at the very end. Not written where they have their defaults: so nodes of the version before,
  // which do not know them, write the same bytes, by which replicas are compared.
  template <class... T>
  void appended_if_set(const T&... values) {
    if (((values != T()) || ...)) (write(values), ...);
  }

 private:
  template <class T>
  void write(const T& value) {
    if constexpr (std::same_as<T, bool>)
      out_.u8(value ? 1 : 0);
    else if constexpr (std::is_enum_v<T>)
      write_enum(value);
    else if constexpr (std::integral<T>)
      out_.varint(static_cast<std::uint64_t>(value));
    else if constexpr (std::convertible_to<T, std::string_view>)
      out_.bytes(std::string_view(value));
    else if constexpr (std::same_as<T, Bytes>)
      out_.bytes(value);
    else
      T::form(*this, value);
  }
  template <class T>
  void write_enum(T value) {
    if constexpr (sizeof(T) == 1)
      out_.u8(static_cast<std::uint8_t>(value));
    else
      out_.varint(static_cast<std::uint64_t>(value));
  }
  template <class T>
  void write(const std::vector<T>& values) {
    out_.varint(values.size());
    for (const T& value : values) write(value);
  }
  template <class T>
  void write(const std::optional<T>& value) {
    out_.u8(value ? 1 : 0);
    if (value) write(*value);
  }

  WireWriter out_;
};

// Texts are views of the input. As WireReader: look at ok() once, behind the last read.
class FormReader {
 public:
  explicit FormReader(std::string_view in) : in_(in) {}

  template <class... T>
  void operator()(T&... values) {
    (read(values), ...);
  }
  template <class... T>
  void appended(T&... values) {
    ((in_.at_end() ? void() : read(values)), ...);
  }
  template <class... T>
  void appended_if_set(T&... values) {
    appended(values...);
  }
  bool ok() const { return in_.ok(); }

 private:
  template <class T>
  void read(T& value) {
    if constexpr (std::same_as<T, bool>)
      value = flag();
    else if constexpr (std::is_enum_v<T>)
      read_enum(value);
    else if constexpr (std::integral<T>)
      value = number<T>();
    else if constexpr (std::same_as<T, Bytes>)
      value = as_bytes(in_.bytes());
    else if constexpr (std::assignable_from<T&, std::string_view>)
      value = in_.bytes();
    else
      T::form(*this, value);
  }
  bool flag() {
    const std::uint8_t byte = in_.u8();
    if (byte > 1) in_.fail();
    return byte == 1;
  }
  template <class T>
  T number() {
    const std::uint64_t wide = in_.varint();
    if (std::in_range<T>(wide)) return static_cast<T>(wide);
    in_.fail();
    return 0;
  }
  // Enums of one byte are sets of words; wider ones are distinct types for numbers.
  template <class T>
  void read_enum(T& value) {
    if constexpr (sizeof(T) == 1) {
      const std::uint8_t byte = in_.u8();
      if (byte > enum_max<T>) return in_.fail();
      value = static_cast<T>(byte);
    } else {
      value = static_cast<T>(number<std::underlying_type_t<T>>());
    }
  }
  template <class T>
  void read(std::vector<T>& values) {
    const std::uint64_t count = in_.varint();
    // Each value takes a byte at least.
    if (count > in_.rest().size()) return in_.fail();
    values.clear();
    values.reserve(std::min<std::uint64_t>(count, reserved_max));
    for (std::uint64_t i = 0; i < count && in_.ok(); ++i) read(values.emplace_back());
  }
  template <class T>
  void read(std::optional<T>& value) {
    value.reset();
    if (flag()) read(value.emplace());
  }

  // What is set aside on the word of a count, before the values are seen.
  static constexpr std::uint64_t reserved_max = 256;

  WireReader in_;
};

// What is kept in a store: u8 version, then the members.
template <class Record>
std::string write_record(const Record& record) {
  std::string out(1, static_cast<char>(1));
  FormWriter form(out);
  form(record);
  return out;
}
// corrupt: it does not hold together, or is of a newer version: this replica can not go on either way. Views
// in the record are of `bytes`.
template <class Record>
Result<Record> read_record(std::string_view bytes) {
  if (bytes.empty()) return Error{Errc::corrupt, "a record of a store is empty"};
  if (bytes.front() != 1)
    return Error{Errc::corrupt,
                 "a record of a store has version " + std::to_string(static_cast<std::uint8_t>(bytes[0]))};
  Record record;
  FormReader form(bytes.substr(1));
  form(record);
  if (!form.ok()) return Error{Errc::corrupt, "a record of a store does not hold together"};
  return record;
}

}  // namespace tenon::service
