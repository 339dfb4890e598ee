#include "topic/edge_table.h"

#include <algorithm>

namespace tenon::topic {
namespace {

constexpr std::size_t first_size = 4;

}  // namespace

void EdgeTable::put(Part& part, Slot slot) {
  const std::size_t mask = part.slots.size() - 1;
  std::size_t at = slot.hash & mask;
  while (part.slots[at].id != no_id) at = (at + 1) & mask;
  part.slots[at] = slot;
  ++part.used;
}

void EdgeTable::grow(Part& part) {
  std::vector<Slot> former(std::max(part.slots.size() * 2, first_size));
  former.swap(part.slots);
  part.used = 0;
  for (const Slot& slot : former)
    if (slot.id != no_id) put(part, slot);
}

std::size_t EdgeTable::slot_of(const Part& part, std::uint32_t hash, std::uint32_t id) {
  const std::size_t mask = part.slots.size() - 1;
  std::size_t at = hash & mask;
  while (part.slots[at].id != id) at = (at + 1) & mask;
  return at;
}

void EdgeTable::add(std::uint32_t hash, std::uint32_t id) {
  Part& part = part_of(hash);
  if ((part.used + 1) * 4 > part.slots.size() * 3) grow(part);
  put(part, {.hash = hash, .id = id});
}

// Closes the gap, so that every probe still meets what it looks for.
void EdgeTable::remove(std::uint32_t hash, std::uint32_t id) {
  Part& part = part_of(hash);
  std::vector<Slot>& slots = part.slots;
  const std::size_t mask = slots.size() - 1;
  std::size_t hole = slot_of(part, hash, id);
  for (std::size_t next = (hole + 1) & mask; slots[next].id != no_id; next = (next + 1) & mask) {
    const std::size_t home = slots[next].hash & mask;
    if (((next - home) & mask) < ((next - hole) & mask)) continue;
    slots[hole] = slots[next];
    hole = next;
  }
  slots[hole] = {};
  --part.used;
}

void EdgeTable::replace(std::uint32_t hash, std::uint32_t id, std::uint32_t by) {
  Part& part = part_of(hash);
  part.slots[slot_of(part, hash, id)].id = by;
}

std::size_t EdgeTable::memory_bytes() const {
  std::size_t bytes = sizeof parts_;
  for (const Part& part : parts_) bytes += part.slots.capacity() * sizeof(Slot);
  return bytes;
}

}  // namespace tenon::topic
