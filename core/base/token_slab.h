#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <vector>

#include "base/assert.h"

namespace tenon {

// Values in numbered places, each named by a 64-bit token that is never given out twice.
//
// A token is a place (24 bits) and the generation of that place (40 bits): find() of a token whose value was
// erased gives null, also when the place holds another value by then. A place whose generations are used up
// is taken out of use. Values never move. No token is 0. Memory grows in blocks and is kept for reuse. Not
// thread-safe. T must be trivially destructible.
template <class T>
class TokenSlab {
 public:
  static constexpr std::uint32_t places_max = 1u << 24;

  // Stores `value` and gives its token; 0 when places_max values are stored.
  std::uint64_t insert(const T& value) {
    if (first_free_ == no_place && !grow()) return 0;
    Slot& slot = slot_at(first_free_);
    const std::uint64_t token = (slot.generation << place_bits) | first_free_;
    first_free_ = slot.next_free;
    slot.next_free = in_use;
    slot.value = value;
    ++size_;
    return token;
  }

  // The value of a token, or null when it was erased. Valid until erase().
  T* find(std::uint64_t token) {
    const auto place = place_of(token);
    if (place >= capacity()) return nullptr;
    Slot& slot = slot_at(place);
    const bool same = slot.next_free == in_use && slot.generation == (token >> place_bits);
    return same ? &slot.value : nullptr;
  }

  // Gives the place of a token free. False when it was free already.
  bool erase(std::uint64_t token) {
    if (!find(token)) return false;
    const auto place = place_of(token);
    Slot& slot = slot_at(place);
    --size_;
    slot.next_free = no_place;
    if (slot.generation == generation_max) return true;
    ++slot.generation;
    slot.next_free = first_free_;
    first_free_ = place;
    return true;
  }

  // The place of a token, as a dense small number, and back. REQUIRES of at() and token_of(): a value is
  // there.
  static std::uint32_t place_of(std::uint64_t token) { return token & (places_max - 1); }
  T& at(std::uint32_t place) { return slot_at(place).value; }
  std::uint64_t token_of(std::uint32_t place) { return (slot_at(place).generation << place_bits) | place; }

  std::size_t size() const { return size_; }

 private:
  static constexpr unsigned place_bits = 24;
  static constexpr unsigned block_bits = 7;
  static constexpr std::uint64_t generation_max = (std::uint64_t{1} << 40) - 1;
  static constexpr std::uint32_t no_place = places_max - 1;  // place numbers end below these two
  static constexpr std::uint32_t in_use = places_max - 2;

  struct Slot {
    T value;
    std::uint64_t generation : 40;
    std::uint64_t next_free : 24;
  };

  Slot& slot_at(std::uint32_t place) {
    return blocks_[place >> block_bits][place & ((1u << block_bits) - 1)];
  }
  std::uint32_t capacity() const { return static_cast<std::uint32_t>(blocks_.size() << block_bits); }

  bool grow() {
    const std::uint32_t begin = capacity();
    const std::uint32_t count = 1u << block_bits;
    if (begin + count >= in_use) return false;
    blocks_.push_back(std::make_unique<Slot[]>(count));
    for (std::uint32_t i = count; i-- > 0;) {
      Slot& slot = blocks_.back()[i];
      slot.generation = 1;
      slot.next_free = first_free_;
      first_free_ = begin + i;
    }
    return true;
  }

  std::vector<std::unique_ptr<Slot[]>> blocks_;
  std::uint32_t first_free_ = no_place;
  std::size_t size_ = 0;
};

}  // namespace tenon
