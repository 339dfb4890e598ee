#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/assert.h"

namespace tenon {

// The kinds of failure that callers tell apart. The numbers are not stable; do not store them.
enum class Errc : std::uint8_t {
  invalid,      // the input is wrong; trying again does not help
  not_found,    // what was asked for does not exist
  exists,       // it exists already
  unsupported,  // understood, but not offered here
  busy,         // a limit is reached; trying later may help
  timed_out,    // a deadline passed
  cancelled,    // the caller gave up, or the broker is stopping
  denied,       // not allowed
  io,           // the operating system reported a failure
  corrupt,      // data on disk or on the wire does not hold together
  no_space,     // the disk or a stated budget is full
  internal,     // a fault of the broker or of a plugin
};

std::string_view to_string(Errc code);

// A failure with the text that an operator will read: what failed, where, and what to do.
struct Error {
  Errc code = Errc::internal;
  std::string message;
};

// Either a value or an Error. Must be looked at; value() on an error is a bug and aborts.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value)
      : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT(google-explicit-constructor)
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & {
    T* value = std::get_if<0>(&state_);
    TENON_BUG(value, "value() of a failed Result");
    return *value;
  }
  const T& value() const& {
    const T* value = std::get_if<0>(&state_);
    TENON_BUG(value, "value() of a failed Result");
    return *value;
  }
  T&& value() && {
    T* value = std::get_if<0>(&state_);
    TENON_BUG(value, "value() of a failed Result");
    return std::move(*value);
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Error& error() const& {
    const Error* error = std::get_if<1>(&state_);
    TENON_BUG(error, "error() of a successful Result");
    return *error;
  }
  Error&& error() && {
    Error* error = std::get_if<1>(&state_);
    TENON_BUG(error, "error() of a successful Result");
    return std::move(*error);
  }

 private:
  std::variant<T, Error> state_;
};

// Success, or an Error.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return !error_; }
  explicit operator bool() const { return ok(); }
  const Error& error() const {
    TENON_BUG(!ok(), "error() of a successful Result");
    return *error_;
  }

 private:
  std::optional<Error> error_;
};

using Status = Result<void>;

}  // namespace tenon
