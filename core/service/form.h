#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/assert.h"
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

namespace detail {

// What the members of a struct are written to: for their size alone, or into memory that has room for them.
class FormSize {
 public:
  void u8(std::uint8_t) { ++bytes_; }
  void varint(std::uint64_t value) { bytes_ += varint_size(value); }
  void bytes(std::string_view value) { bytes_ += varint_size(value.size()) + value.size(); }
  std::size_t total() const { return bytes_; }

 private:
  std::size_t bytes_ = 0;
};

class FormBytes {
 public:
  explicit FormBytes(char* to) : to_(to) {}
  void u8(std::uint8_t value) { *to_++ = static_cast<char>(value); }
  void varint(std::uint64_t value) { to_ = put_varint(to_, value); }
  void bytes(std::string_view value) {
    varint(value.size());
    if (!value.empty()) std::memcpy(to_, value.data(), value.size());
    to_ += value.size();
  }
  const char* end() const { return to_; }

 private:
  char* to_;
};

// The form of a struct's members, to one of those.
template <class Out>
class FormTo {
 public:
  explicit FormTo(Out& out) : out_(out) {}

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
      out_.bytes(as_text(value));
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

  Out& out_;
};

}  // namespace detail

// How many bytes a FormWriter writes for these.
template <class... T>
std::size_t form_bytes(const T&... values) {
  detail::FormSize size;
  detail::FormTo<detail::FormSize> form(size);
  form(values...);
  return size.total();
}

// Appends to a string of the caller's, which grows once for each call (docs/internals/tricks.md has the
// figure). REQUIRES: form() of a struct says the same twice, and nothing in the values is a view of the
// string.
class FormWriter {
 public:
  explicit FormWriter(std::string& out) : out_(out) {}

  template <class... T>
  void operator()(const T&... values) {
    put(form_bytes(values...), 0, values...);
  }
  // Behind its length.
  template <class T>
  void sized(const T& value) {
    const std::size_t bytes = form_bytes(value);
    put(bytes, varint_size(bytes), value);
  }

 private:
  template <class... T>
  void put(std::size_t bytes, std::size_t length_bytes, const T&... values) {
    const std::size_t begin = out_.size();
    out_.resize(begin + length_bytes + bytes);
    detail::FormBytes to(out_.data() + begin);
    if (length_bytes != 0) to.varint(bytes);
    detail::FormTo<detail::FormBytes> form(to);
    form(values...);
    TENON_BUG(to.end() == out_.data() + out_.size(), "a form says the same twice");
  }

  std::string& out_;
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
