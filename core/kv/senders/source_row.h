#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tenon::kv {

// What a range knows of one sender: how far its numbers are used up, and which of them were refused or passed
// over, so that a sender that did not hear so and asks again is told the same.
struct SourceRow {
  // Of refusals the latest are kept; who asks again for an older one is told `duplicate`.
  static constexpr std::size_t refused_max = 64;

  std::uint64_t last = 0;              // 0: none
  std::vector<std::uint64_t> refused;  // ascending
  std::string passed = {};             // PassedNumbers, as they are kept; empty: none
  std::uint64_t passed_until = 0;      // behind this number nobody asks for those any more

  enum class Fate : std::uint8_t {
    open,  // it was not used up yet
    applied,
    refused,  //
    passed,   // nothing was applied under it, and nothing ever will be
    unknown,  // applied or passed: nobody knows
  };
  // What was passed over makes sense.
  bool is_sound() const;
  // corrupt: that does not.
  Result<Fate> fate_of(std::uint64_t number) const;

  // The next number, by a command that was applied or refused.
  void use_up(std::uint64_t number, bool was_refused);
  // So many of the next numbers, without a command. corrupt: as fate_of(), and nothing was changed.
  Status pass_over(std::uint64_t count);
  // Of the numbers so far it was not kept which ones were passed over. REQUIRES: none is kept.
  void be_vague();
  // None of those was, whose key the range still holds: nothing has ever come back to it. corrupt: as
  // fate_of().
  Status be_certain();
};

// varint last · if anything follows: varint count of the refused · { varint number }... ·
// if any were passed over: varint passed until · bytes passed
std::string encode(const SourceRow& row);
// corrupt: it makes no sense; what `passed` says is not looked at.
Result<SourceRow> decode_source_row(std::string_view bytes);

}  // namespace tenon::kv
