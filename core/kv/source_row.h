#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tenon::kv {

// What a range knows of one sender: how far its numbers are used up, and which of them were refused, so that
// a sender that did not hear so and asks again is told the same.
struct SourceRow {
  // Of refusals the latest are kept; who asks again for an older one is told `duplicate`.
  static constexpr std::size_t refused_max = 64;

  std::uint64_t last = 0;              // 0: none
  std::vector<std::uint64_t> refused;  // ascending

  void use_up(std::uint64_t number, bool was_refused);
  bool has_refused(std::uint64_t number) const;
};

// varint last · if any were refused: varint count · { varint number }...
std::string encode(const SourceRow& row);
Result<SourceRow> decode_source_row(std::string_view bytes);

}  // namespace tenon::kv
