#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

#include "base/digest/hash.h"

namespace tenon::topic {

// Who subscribed, and what the subscription says (QoS, options, subscription id, ...).
template <class Key, class Value>
struct Subscriber {
  Key key;
  Value value;
};

// The subscribers of one filter: a map by key whose entries stand side by side, in no order.
//
// One entry is stored in place; more are one allocation; from 17 on it holds a hash table of positions too,
// so that insert, erase and find cost the same for two subscribers as for a million. Not synchronised; const
// members may run at the same time as each other.
template <class Key, class Value>
class EntrySet {
 public:
  using Entry = Subscriber<Key, Value>;
  static_assert(std::is_nothrow_move_constructible_v<Entry> && std::is_nothrow_move_assignable_v<Entry>);

  EntrySet() : many_(nullptr) {}
  EntrySet(EntrySet&& other) noexcept : many_(nullptr) { take(other); }
  EntrySet& operator=(EntrySet&& other) noexcept {
    if (this != &other) {
      clear();
      take(other);
    }
    return *this;
  }
  ~EntrySet() { clear(); }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // Valid until the next insert or erase.
  std::span<const Entry> entries() const { return {data(), size_}; }

  // Null when there is none. Valid until the next insert or erase.
  const Value* find(const Key& key) const {
    const std::uint32_t at = position_of(key);
    return at == nowhere ? nullptr : &data()[at].value;
  }

  // Adds, or replaces and returns the former value.
  std::optional<Value> insert(const Key& key, Value value) {
    const std::uint32_t at = position_of(key);
    if (at != nowhere) return std::exchange(data()[at].value, std::move(value));
    if (size_ == capacity()) resize(size_ == 0 ? 1 : capacity() * 2);
    new (data() + size_) Entry{key, std::move(value)};
    ++size_;
    if (has_table()) put_in_table(size_ - 1);
    return std::nullopt;
  }

  // Removes and returns it; the last entry takes its place.
  std::optional<Value> erase(const Key& key) {
    const std::uint32_t at = position_of(key);
    if (at == nowhere) return std::nullopt;
    const std::uint32_t last = size_ - 1;
    if (has_table()) {
      remove_from_table(slot_of(at));
      if (at != last) table()[slot_of(last)] = at + 1;
    }
    std::optional<Value> removed(std::move(data()[at].value));
    if (at != last) data()[at] = std::move(data()[last]);
    std::destroy_at(data() + last);
    --size_;
    if (capacity_ > 1 && size_ <= capacity_ / 4) resize(std::max(capacity_ / 2, 1u));
    return removed;
  }

  // What it holds outside of itself.
  std::size_t heap_bytes() const { return capacity_ > 1 ? allocation_bytes(capacity_) : 0; }

 private:
  static constexpr std::uint32_t nowhere = 0xFFFFFFFF;
  static constexpr std::uint32_t table_from = 32;  // smallest capacity that comes with a table

  static std::size_t table_offset(std::uint32_t capacity) { return sizeof(Entry) * capacity; }
  static std::size_t allocation_bytes(std::uint32_t capacity) {
    const std::size_t slots = capacity >= table_from ? std::size_t{capacity} * 2 : 0;
    return table_offset(capacity) + slots * sizeof(std::uint32_t);
  }
  static_assert(alignof(Entry) >= alignof(std::uint32_t) || sizeof(Entry) % alignof(std::uint32_t) == 0);

  std::uint32_t capacity() const { return capacity_; }
  bool is_inline() const { return capacity_ <= 1; }
  bool has_table() const { return capacity_ >= table_from; }
  Entry* data() { return is_inline() ? reinterpret_cast<Entry*>(&one_) : many_; }
  const Entry* data() const { return is_inline() ? reinterpret_cast<const Entry*>(&one_) : many_; }

  // Slots hold a position plus one; 0 is empty. Linear probing, at most half full.
  std::uint32_t* table() const {
    return reinterpret_cast<std::uint32_t*>(reinterpret_cast<std::byte*>(many_) + table_offset(capacity_));
  }
  std::uint32_t mask() const { return capacity_ * 2 - 1; }
  std::uint32_t home_of(const Key& key) const {
    const auto hash = fold_product(std::hash<Key>{}(key) ^ 0xA0761D6478BD642Fu, 0xE7037ED1A0B428DBu);
    return static_cast<std::uint32_t>(hash) & mask();
  }
  // The slot that names position `at`. REQUIRES: there is one.
  std::uint32_t slot_of(std::uint32_t at) const {
    std::uint32_t slot = home_of(many_[at].key);
    while (table()[slot] != at + 1) slot = (slot + 1) & mask();
    return slot;
  }
  void put_in_table(std::uint32_t at) {
    std::uint32_t slot = home_of(many_[at].key);
    while (table()[slot] != 0) slot = (slot + 1) & mask();
    table()[slot] = at + 1;
  }
  // Closes the gap, so that every probe still meets what it looks for.
  void remove_from_table(std::uint32_t hole) {
    std::uint32_t* const slots = table();
    for (std::uint32_t next = (hole + 1) & mask(); slots[next] != 0; next = (next + 1) & mask()) {
      const std::uint32_t home = home_of(many_[slots[next] - 1].key);
      if (((next - home) & mask()) < ((next - hole) & mask())) continue;
      slots[hole] = slots[next];
      hole = next;
    }
    slots[hole] = 0;
  }

  std::uint32_t position_of(const Key& key) const {
    if (!has_table()) {
      for (std::uint32_t i = 0; i < size_; ++i)
        if (data()[i].key == key) return i;
      return nowhere;
    }
    for (std::uint32_t slot = home_of(key); table()[slot] != 0; slot = (slot + 1) & mask())
      if (many_[table()[slot] - 1].key == key) return table()[slot] - 1;
    return nowhere;
  }

  // REQUIRES: new_capacity >= size_.
  void resize(std::uint32_t new_capacity) {
    EntrySet other;
    other.capacity_ = new_capacity;
    if (new_capacity > 1) {
      other.many_ = static_cast<Entry*>(::operator new(allocation_bytes(new_capacity), alignment));
      if (other.has_table()) std::fill_n(other.table(), new_capacity * 2, 0u);
    }
    for (std::uint32_t i = 0; i < size_; ++i) {
      new (other.data() + i) Entry(std::move(data()[i]));
      other.size_ = i + 1;
      if (other.has_table()) other.put_in_table(i);
    }
    *this = std::move(other);
  }

  void clear() {
    std::destroy_n(data(), size_);
    if (!is_inline()) ::operator delete(many_, alignment);
    size_ = 0;
    capacity_ = 0;
  }

  // REQUIRES: this one is empty.
  void take(EntrySet& other) {
    size_ = other.size_;
    capacity_ = other.capacity_;
    if (!is_inline()) {
      many_ = other.many_;
    } else if (size_ == 1) {
      new (data()) Entry(std::move(*other.data()));
      std::destroy_at(other.data());
    }
    other.size_ = 0;
    other.capacity_ = 0;
  }

  static constexpr std::align_val_t alignment{std::max(alignof(Entry), alignof(std::uint32_t))};

  std::uint32_t size_ = 0;
  std::uint32_t capacity_ = 0;  // 0 and 1: in place
  union {
    std::aligned_storage_t<sizeof(Entry), alignof(Entry)> one_;
    Entry* many_;
  };
};

}  // namespace tenon::topic
