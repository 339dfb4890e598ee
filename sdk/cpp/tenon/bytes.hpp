/* SPDX-License-Identifier: 0BSD (see LICENSE.md beside the include directory; a plugin may carry any licence)
 */
#pragma once

#include <tenon/abi/base.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

// Opens and closes the namespace of the C++ layer. Everything in it is hidden and carries a version in its
// name: two plugins built with different versions never share a function or a variable.
#define TENON_SDK_BEGIN  \
  namespace tenon::sdk { \
  inline namespace v1 __attribute__((visibility("hidden"))) {
#define TENON_SDK_END \
  }                   \
  }

TENON_SDK_BEGIN

using Bytes = std::span<const std::uint8_t>;

// Views of what the ABI passes, and back. Nothing is copied; the views live as long as what they came from.
inline std::string_view text_of(tenon_bytes b) {
  return {reinterpret_cast<const char*>(b.data), static_cast<std::size_t>(b.len)};
}
inline Bytes bytes_of(tenon_bytes b) {
  return {b.data, static_cast<std::size_t>(b.len)};
}
inline std::span<std::uint8_t> span_of(tenon_span s) {
  return {s.data, static_cast<std::size_t>(s.len)};
}

inline tenon_bytes abi(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline tenon_bytes abi(Bytes bytes) {
  return {bytes.data(), bytes.size()};
}
inline tenon_span abi(std::span<std::uint8_t> bytes) {
  return {bytes.data(), bytes.size()};
}

// The elements of a tenon_array: walks by the writer's stride, so an array written by a newer side works.
// REQUIRES of T: no larger than the writer's element, which holds for the value types tenon_bytes and
// tenon_kv.
template <class T>
class ArrayView {
 public:
  explicit ArrayView(tenon_array array) : array_(array) {}
  std::size_t size() const { return array_.count; }
  bool empty() const { return array_.count == 0; }
  const T& operator[](std::size_t i) const { return *TENON_AT(array_, T, i); }

  class Iterator {
   public:
    Iterator(const ArrayView* view, std::size_t at) : view_(view), at_(at) {}
    const T& operator*() const { return (*view_)[at_]; }
    Iterator& operator++() {
      ++at_;
      return *this;
    }
    bool operator==(const Iterator& other) const { return at_ == other.at_; }

   private:
    const ArrayView* view_;
    std::size_t at_;
  };
  Iterator begin() const { return {this, 0}; }
  Iterator end() const { return {this, size()}; }

 private:
  tenon_array array_;
};

TENON_SDK_END
