#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace tenon::host {

// Objects by a 64-bit key that is never 0 and, once erased, not given again (until 2^32 - 1 further uses of
// its slot). Addresses stay while an object is there. One thread.
template <class T>
class SlotMap {
 public:
  struct Entry {
    std::uint64_t key = 0;
    T* value = nullptr;
  };

  Entry insert(T value) {
    if (free_.empty()) grow();
    const std::uint32_t index = free_.back();
    free_.pop_back();
    Slot& slot = at(index);
    slot.used = true;
    slot.value = std::move(value);
    ++size_;
    return {(static_cast<std::uint64_t>(slot.generation) << 32) | index, &slot.value};
  }

  // Null when the key is not, or no longer, in use.
  T* find(std::uint64_t key) {
    Slot* slot = slot_of(key);
    return slot ? &slot->value : nullptr;
  }

  void erase(std::uint64_t key) {
    Slot* slot = slot_of(key);
    if (!slot) return;
    slot->used = false;
    if (++slot->generation == 0) slot->generation = 1;
    free_.push_back(static_cast<std::uint32_t>(key));
    --size_;
  }

  std::size_t size() const { return size_; }

  // Calls visit(T&) for each object, then erases all.
  template <class Visit>
  void drain(Visit&& visit) {
    for (std::uint32_t i = 0; i < chunks_.size() * chunk_size; ++i) {
      Slot& slot = at(i);
      if (!slot.used) continue;
      visit(slot.value);
      erase((static_cast<std::uint64_t>(slot.generation) << 32) | i);
    }
  }

 private:
  struct Slot {
    std::uint32_t generation = 1;
    bool used = false;
    T value{};
  };
  static constexpr std::uint32_t chunk_size = 32;

  Slot& at(std::uint32_t index) { return (*chunks_[index / chunk_size])[index % chunk_size]; }
  Slot* slot_of(std::uint64_t key) {
    const auto index = static_cast<std::uint32_t>(key);
    if (index / chunk_size >= chunks_.size()) return nullptr;
    Slot& slot = at(index);
    return slot.used && slot.generation == static_cast<std::uint32_t>(key >> 32) ? &slot : nullptr;
  }
  void grow() {
    const auto first = static_cast<std::uint32_t>(chunks_.size() * chunk_size);
    chunks_.push_back(std::make_unique<std::array<Slot, chunk_size>>());
    for (std::uint32_t i = chunk_size; i-- > 0;) free_.push_back(first + i);
  }

  std::vector<std::unique_ptr<std::array<Slot, chunk_size>>> chunks_;
  std::vector<std::uint32_t> free_;
  std::size_t size_ = 0;
};

}  // namespace tenon::host
