#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tenon::kv {

// Which numbers of a sender a range has used up without applying anything, as the key was another range's.
//
// Kept are those behind which less than two windows of numbers were used up by what was applied: one may be
// open at the sender, and what it had asked before may be on its way still. Pure.
class PassedNumbers {
 public:
  struct Span {
    std::uint64_t first;
    std::uint64_t last;

    friend bool operator==(const Span&, const Span&) = default;
  };

  // REQUIRES: what was added before is lower; count is not 0.
  void add(std::uint64_t first, std::uint64_t count);
  // Up to this number it was not kept which ones were passed.
  void set_vague_to(std::uint64_t number) { vague_to_ = number; }

  bool has(std::uint64_t number) const;
  bool is_vague(std::uint64_t number) const { return number <= vague_to_ && !has(number); }
  bool empty() const { return spans_.empty() && vague_to_ == 0; }
  const std::vector<Span>& spans() const { return spans_; }

  // The numbers that can be open at a sender at once: store::RangeClient keeps to it.
  static constexpr std::uint64_t window = 65'600;
  static constexpr std::uint64_t kept = 2 * window;

 private:
  friend std::string encode(const PassedNumbers&);
  friend Result<PassedNumbers> decode_passed_numbers(std::string_view);
  void forget_old();

  std::vector<Span> spans_;  // ascending; between two there is at least one number
  std::uint64_t vague_to_ = 0;
};

// varint vague to · varint count · { varint numbers since the end of the one before · varint numbers in it
// }...
std::string encode(const PassedNumbers& passed);
// corrupt: it makes no sense.
Result<PassedNumbers> decode_passed_numbers(std::string_view bytes);

}  // namespace tenon::kv
