#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace tenon::topic {

// A set of 32-bit ids found by a 32-bit hash that the owner computes; ids of equal hash are told apart by the
// owner.
//
// It is cut into parts that grow one by one, so that no insert pays for moving the whole.
// Not synchronised; const members may run at the same time as each other.
class EdgeTable {
 public:
  static constexpr std::uint32_t no_id = 0xFFFFFFFF;

  // The first id of that hash for which is_wanted(id) holds, or no_id.
  template <class IsWanted>
  std::uint32_t find(std::uint32_t hash, IsWanted&& is_wanted) const {
    const Part& part = part_of(hash);
    if (part.slots.empty()) return no_id;
    const std::size_t mask = part.slots.size() - 1;
    for (std::size_t at = hash & mask; part.slots[at].id != no_id; at = (at + 1) & mask)
      if (part.slots[at].hash == hash && is_wanted(part.slots[at].id)) return part.slots[at].id;
    return no_id;
  }

  void add(std::uint32_t hash, std::uint32_t id);
  // REQUIRES, as replace: the id was added with this hash.
  void remove(std::uint32_t hash, std::uint32_t id);
  void replace(std::uint32_t hash, std::uint32_t id, std::uint32_t by);

  std::size_t memory_bytes() const;

 private:
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t id = no_id;
  };
  // Linear probing; at most three quarters full.
  struct Part {
    std::vector<Slot> slots;
    std::size_t used = 0;
  };
  static constexpr unsigned part_bits = 6;

  const Part& part_of(std::uint32_t hash) const { return parts_[hash >> (32 - part_bits)]; }
  Part& part_of(std::uint32_t hash) { return parts_[hash >> (32 - part_bits)]; }
  static void put(Part& part, Slot slot);
  static void grow(Part& part);
  static std::size_t slot_of(const Part& part, std::uint32_t hash, std::uint32_t id);

  std::array<Part, 1u << part_bits> parts_;
};

}  // namespace tenon::topic
