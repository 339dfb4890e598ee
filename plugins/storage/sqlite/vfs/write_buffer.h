#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace tenon::storage_sqlite {

// Writes to one contiguous part of a file, gathered so that they cost one system call. One thread.
class WriteBuffer {
 public:
  static constexpr std::uint64_t bytes_max = 256 * 1024;

  bool empty() const { return bytes_.empty(); }
  std::uint64_t begin() const { return begin_; }
  std::uint64_t end() const { return begin_ + bytes_.size(); }
  std::span<const std::uint8_t> bytes() const { return bytes_; }
  void clear() { bytes_.clear(); }

  // Whether a write continues what is gathered, or lies within it, and there is room.
  bool takes(std::uint64_t offset, std::uint64_t len) const {
    if (bytes_.empty()) return len <= bytes_max;
    const bool continues = offset == end() && bytes_.size() + len <= bytes_max;
    const bool within = offset >= begin_ && offset + len <= end();
    return continues || within;
  }
  // REQUIRES: takes(). Returns the bytes in their place in the buffer, to be changed there if need be.
  std::span<std::uint8_t> put(std::uint64_t offset, std::span<const std::uint8_t> bytes) {
    if (bytes_.empty()) begin_ = offset;
    if (offset == end()) bytes_.resize(bytes_.size() + bytes.size());
    const std::span<std::uint8_t> place = std::span(bytes_).subspan(offset - begin_, bytes.size());
    std::memcpy(place.data(), bytes.data(), bytes.size());
    return place;
  }
  // Copies what is gathered over a part of the file that was read from `offset` on.
  void overlay(std::uint64_t offset, std::span<std::uint8_t> out) const {
    const std::uint64_t from = std::max(offset, begin_);
    const std::uint64_t to = std::min(offset + out.size(), end());
    if (bytes_.empty() || from >= to) return;
    std::memcpy(out.data() + (from - offset), bytes_.data() + (from - begin_), to - from);
  }

 private:
  std::uint64_t begin_ = 0;
  std::vector<std::uint8_t> bytes_;
};

}  // namespace tenon::storage_sqlite
