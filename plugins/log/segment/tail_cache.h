#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

namespace tenon::segment_log {

// The newest bytes of the journal, in blocks as they were committed. Not thread-safe; a block that was found
// lives as long as it is held.
class TailCache {
 public:
  struct Block {
    std::uint32_t segment;
    std::uint32_t offset;
    std::vector<std::uint8_t> bytes;

    std::uint64_t end() const { return offset + bytes.size(); }
  };
  using Ref = std::shared_ptr<const Block>;

  explicit TailCache(std::uint64_t bytes_max) : bytes_max_(bytes_max) {}

  // REQUIRES: behind all blocks before it.
  void add(std::uint32_t segment, std::uint32_t offset, std::vector<std::uint8_t> bytes);
  // The first block that ends behind `offset` of `segment`; null: none of this segment.
  Ref find(std::uint32_t segment, std::uint32_t offset) const;
  std::uint64_t bytes() const { return bytes_; }

 private:
  std::uint64_t bytes_max_;
  std::uint64_t bytes_ = 0;
  std::deque<Ref> blocks_;
};

}  // namespace tenon::segment_log
