#pragma once

#include <bit>
#include <cstdint>
#include <vector>

namespace tenon::load {

// How a message of one stream came in, judged by its sequence number.
enum class Arrival : std::uint8_t {
  in_order,      // the next one
  after_gap,     // later than the next one: those in between are missing so far
  out_of_order,  // fills an earlier gap
  duplicate,     // seen before, or so old that it can't be told apart from that
};

// Judges the sequence numbers of one stream at one receiver, in constant memory: which of the newest `depth`
// numbers were seen. Sequences start at 0 and wrap at 2^32.
class SequenceTracker {
 public:
  // `depth` is rounded up to a power of two, at least 64.
  explicit SequenceTracker(std::uint32_t depth = 1024)
      : mask_(std::bit_ceil(depth < 64 ? 64U : depth) - 1), seen_((mask_ + 1) / 64) {}

  // Notes `sequence`. `ret_skipped` becomes the number of sequences jumped over (after_gap), else 0.
  Arrival observe(std::uint32_t sequence, std::uint32_t& ret_skipped) {
    ret_skipped = 0;
    if (sequence == next_) [[likely]] {
      mark(next_++);
      return Arrival::in_order;
    }
    const auto ahead = static_cast<std::int32_t>(sequence - next_);
    if (ahead > 0) return jump_to(sequence, static_cast<std::uint32_t>(ahead), ret_skipped);
    if (static_cast<std::uint32_t>(-ahead) > mask_ + 1 || is_marked(sequence)) return Arrival::duplicate;
    mark(sequence);
    return Arrival::out_of_order;
  }

 private:
  Arrival jump_to(std::uint32_t sequence, std::uint32_t ahead, std::uint32_t& ret_skipped) {
    const std::uint32_t forget = ahead < mask_ + 1 ? ahead : mask_ + 1;
    for (std::uint32_t i = 0; i < forget; ++i) unmark(next_ + i);
    next_ = sequence + 1;
    mark(sequence);
    ret_skipped = ahead;
    return Arrival::after_gap;
  }
  std::uint64_t bit(std::uint32_t sequence) const { return std::uint64_t{1} << (sequence & 63); }
  std::uint64_t& word(std::uint32_t sequence) { return seen_[(sequence & mask_) / 64]; }
  void mark(std::uint32_t sequence) { word(sequence) |= bit(sequence); }
  void unmark(std::uint32_t sequence) { word(sequence) &= ~bit(sequence); }
  bool is_marked(std::uint32_t sequence) { return (word(sequence) & bit(sequence)) != 0; }

  std::uint32_t mask_;
  std::uint32_t next_ = 0;
  std::vector<std::uint64_t> seen_;
};

}  // namespace tenon::load
