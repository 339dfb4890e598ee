#pragma once

#include <tenon/abi/module.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace tenon::host {

// How many bytes a struct that plugins fill had when it was released first. Structs grow at their end
// (abi/base.h, rule 2), and a plugin of that time fills so many and no more: this, and not the sizeof of the
// day, is what a plugin must have filled. These numbers never change.
template <class Struct>
inline constexpr std::size_t first_size = 0;
template <>
inline constexpr std::size_t first_size<tenon_module> = 56;
template <>
inline constexpr std::size_t first_size<tenon_plugin_descriptor> = 80;
template <>
inline constexpr std::size_t first_size<tenon_completion> = 16;
template <>
inline constexpr std::size_t first_size<tenon_kv> = 32;

static_assert(first_size<tenon_module> == offsetof(tenon_module, reserved) + sizeof(std::uint32_t));
static_assert(first_size<tenon_plugin_descriptor> ==
              offsetof(tenon_plugin_descriptor, create) + sizeof(void*));
static_assert(first_size<tenon_completion> == offsetof(tenon_completion, op) + sizeof(tenon_op));
static_assert(first_size<tenon_kv> == offsetof(tenon_kv, value) + sizeof(tenon_bytes));

// True: `size` bytes hold all that each plugin must have filled.
template <class Struct>
constexpr bool holds_first(std::size_t size) {
  static_assert(first_size<Struct> > 0 && first_size<Struct> <= sizeof(Struct));
  return size >= first_size<Struct>;
}

// Element `i` of those that lie `stride` bytes apart, as one of ours: what the writer's ends before is zero,
// what it has beyond is left out. REQUIRES: holds_first<Struct>(stride).
template <class Struct>
Struct element_at(const void* first, std::uint32_t i, std::uint32_t stride) {
  Struct one{};
  std::memcpy(&one, static_cast<const std::uint8_t*>(first) + std::uint64_t{i} * stride,
              std::min<std::size_t>(stride, sizeof one));
  return one;
}

}  // namespace tenon::host
