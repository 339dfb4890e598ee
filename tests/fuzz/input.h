#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tenon::fuzz {

// Takes numbers off the front of a fuzzer's input; zeroes when it has ended.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
  bool is_empty() const { return size_ == 0; }
  std::uint8_t byte() {
    if (size_ == 0) return 0;
    --size_;
    return *data_++;
  }
  // 24 bits, the most significant first.
  std::uint32_t word() {
    std::uint32_t v = 0;
    for (int i = 0; i < 3; ++i) v = v << 8 | byte();
    return v;
  }
  std::vector<std::uint8_t> rest() {
    std::vector<std::uint8_t> all(data_, data_ + size_);
    size_ = 0;
    return all;
  }

 private:
  const std::uint8_t* data_;
  std::size_t size_;
};

}  // namespace tenon::fuzz
