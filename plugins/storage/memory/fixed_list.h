#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace tenon::storage_memory {

// Up to N elements, in place. Positions beyond size() hold default-made elements.
// REQUIRES everywhere: no more than N elements, positions within size().
template <class T, std::size_t N>
class FixedList {
 public:
  std::size_t size() const { return size_; }
  bool full() const { return size_ == N; }
  const T& operator[](std::size_t i) const { return items_[i]; }
  T& operator[](std::size_t i) { return items_[i]; }
  const T* begin() const { return items_.data(); }
  const T* end() const { return items_.data() + size_; }

  void insert(std::size_t at, T item) {
    std::move_backward(items_.begin() + at, items_.begin() + size_, items_.begin() + size_ + 1);
    items_[at] = std::move(item);
    ++size_;
  }
  void push_back(T item) { insert(size_, std::move(item)); }
  void erase(std::size_t first, std::size_t last) {
    std::move(items_.begin() + last, items_.begin() + size_, items_.begin() + first);
    const std::size_t left = size_ - (last - first);
    for (std::size_t i = left; i < size_; ++i) items_[i] = T();
    size_ = static_cast<std::uint32_t>(left);
  }
  // Appends all from position `first` on to `to`.
  void move_tail(std::size_t first, FixedList& to) {
    for (std::size_t i = first; i < size_; ++i) to.push_back(std::move(items_[i]));
    erase(first, size_);
  }

 private:
  std::uint32_t size_ = 0;
  std::array<T, N> items_;
};

}  // namespace tenon::storage_memory
