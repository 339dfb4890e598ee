#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace tenon::topic {

// Many objects of one type, named by a 32-bit number. They never move, so growing costs no copy and no pause.
// Not synchronised; reading may run at the same time as reading.
template <class T>
class Pool {
 public:
  // A slot in its default-constructed state. References stay valid until release().
  std::uint32_t acquire() {
    if (!free_.empty()) {
      const std::uint32_t id = free_.back();
      free_.pop_back();
      return id;
    }
    if (used_ % chunk_size == 0) chunks_.push_back(std::make_unique<T[]>(chunk_size));
    return used_++;
  }

  // Resets the slot, which may then be handed out again. REQUIRES: acquired.
  void release(std::uint32_t id) {
    (*this)[id] = T{};
    free_.push_back(id);
  }

  T& operator[](std::uint32_t id) { return chunks_[id / chunk_size][id % chunk_size]; }
  const T& operator[](std::uint32_t id) const { return chunks_[id / chunk_size][id % chunk_size]; }

  // All ids ever handed out are below it.
  std::uint32_t slot_count() const { return used_; }
  std::size_t size() const { return used_ - free_.size(); }
  std::size_t memory_bytes() const {
    return chunks_.size() * (chunk_size * sizeof(T) + sizeof(chunks_[0])) +
           free_.capacity() * sizeof(free_[0]);
  }

 private:
  static constexpr std::uint32_t chunk_size = 512;

  std::vector<std::unique_ptr<T[]>> chunks_;
  std::vector<std::uint32_t> free_;
  std::uint32_t used_ = 0;
};

}  // namespace tenon::topic
