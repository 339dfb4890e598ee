#include "service/deadlines.h"

#include <algorithm>
#include <cstring>

#include "base/digest/hash.h"

namespace tenon::service {

std::size_t Deadlines::home(std::string_view key) const {
  return keyed_hash(key, hash_seed_) & (table_.size() - 1);
}

std::size_t Deadlines::find(std::string_view key) const {
  std::size_t at = home(key);
  while (table_[at] != no_slot && key_of(table_[at]) != key) at = (at + 1) & (table_.size() - 1);
  return at;
}

void Deadlines::grow() {
  constexpr std::size_t size_min = 16;
  if (4 * (heap_.size() + 1) <= 3 * table_.size()) return;
  table_.assign(std::max(size_min, 2 * table_.size()), no_slot);
  for (const SlotId slot : heap_) table_[find(key_of(slot))] = slot;
}

void Deadlines::set(std::string_view key, UnixMs at_ms) {
  grow();
  const std::size_t at = find(key);
  SlotId slot = table_[at];
  if (slot == no_slot) {
    slot = slots_.acquire();
    table_[at] = slot;
    Slot& made = slots_[slot];
    made.key = std::make_unique_for_overwrite<char[]>(key.size());
    std::memcpy(made.key.get(), key.data(), key.size());
    made.key_bytes = static_cast<std::uint32_t>(key.size());
    key_bytes_ += key.size();
    heap_.push_back(slot);
    made.heap_at = static_cast<std::uint32_t>(heap_.size() - 1);
  }
  slots_[slot].at_ms = at_ms;
  sift_up(slots_[slot].heap_at);
  sift_down(slots_[slot].heap_at);
}

void Deadlines::erase(std::string_view key) {
  if (table_.empty()) return;
  const std::size_t at = find(key);
  const SlotId slot = table_[at];
  if (slot == no_slot) return;
  close_gap(at);
  const std::size_t heap_at = slots_[slot].heap_at;
  const SlotId last = heap_.back();
  heap_.pop_back();
  if (last != slot) {
    place(heap_at, last);
    sift_up(heap_at);
    sift_down(slots_[last].heap_at);
  }
  key_bytes_ -= slots_[slot].key_bytes;
  slots_.release(slot);
}

// Moves those behind a freed place forward that would no longer be found otherwise.
void Deadlines::close_gap(std::size_t gap) {
  const std::size_t mask = table_.size() - 1;
  for (std::size_t at = (gap + 1) & mask; table_[at] != no_slot; at = (at + 1) & mask) {
    const std::size_t from_home = (at - home(key_of(table_[at]))) & mask;
    if (from_home < ((at - gap) & mask)) continue;
    table_[gap] = table_[at];
    gap = at;
  }
  table_[gap] = no_slot;
}

void Deadlines::clear() {
  slots_ = {};
  heap_.clear();
  table_.clear();
  key_bytes_ = 0;
}

void Deadlines::place(std::size_t heap_at, SlotId slot) {
  heap_[heap_at] = slot;
  slots_[slot].heap_at = static_cast<std::uint32_t>(heap_at);
}

void Deadlines::sift_up(std::size_t at) {
  const SlotId slot = heap_[at];
  while (at > 0) {
    const std::size_t parent = (at - 1) / 2;
    if (slots_[heap_[parent]].at_ms <= slots_[slot].at_ms) break;
    place(at, heap_[parent]);
    at = parent;
  }
  place(at, slot);
}

void Deadlines::sift_down(std::size_t at) {
  const SlotId slot = heap_[at];
  for (std::size_t child = 2 * at + 1; child < heap_.size(); child = 2 * at + 1) {
    if (child + 1 < heap_.size() && slots_[heap_[child + 1]].at_ms < slots_[heap_[child]].at_ms) ++child;
    if (slots_[slot].at_ms <= slots_[heap_[child]].at_ms) break;
    place(at, heap_[child]);
    at = child;
  }
  place(at, slot);
}

void Deadlines::due(UnixMs now_ms, std::size_t count_max, std::vector<std::string_view>& ret_keys) const {
  std::vector<std::size_t> open{0};
  for (std::size_t count = 0; !open.empty() && count < count_max;) {
    const std::size_t at = open.back();
    open.pop_back();
    if (at >= heap_.size() || slots_[heap_[at]].at_ms > now_ms) continue;
    ret_keys.push_back(key_of(heap_[at]));
    ++count;
    open.push_back(2 * at + 2);
    open.push_back(2 * at + 1);
  }
}

std::size_t Deadlines::memory_bytes() const {
  constexpr std::size_t block_bytes = 16;  // of the allocator for each key, at most
  return slots_.memory_bytes() + (heap_.capacity() + table_.capacity()) * sizeof(SlotId) + key_bytes_ +
         size() * block_bytes;
}

}  // namespace tenon::service
