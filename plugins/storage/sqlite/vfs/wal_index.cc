#include "sqlite/vfs/wal_index.h"

#include <cstring>

namespace tenon::storage_sqlite {

void* WalIndex::map(int region, int region_bytes, bool extend) {
  const auto wanted = static_cast<std::size_t>(region);
  if (wanted >= regions_.size() && !extend) return nullptr;
  while (regions_.size() <= wanted)
    regions_.push_back(std::make_unique<std::uint64_t[]>(static_cast<std::size_t>(region_bytes) / 8));
  return regions_[wanted].get();
}

bool WalIndex::is_held_by_others(const Holder& holder, std::uint32_t mask) const {
  for (std::size_t i = 0; i < shared_counts_.size(); ++i) {
    const std::uint32_t bit = 1u << i;
    if ((mask & bit) == 0) continue;
    const int mine = (holder.shared_mask & bit) != 0 ? 1 : 0;
    if (shared_counts_[i] > mine) return true;
  }
  return (exclusive_mask_ & ~holder.exclusive_mask & mask) != 0;
}

int WalIndex::lock(Holder& holder, int first, int count, int flags) {
  const std::uint32_t mask = ((1u << count) - 1) << first;
  if ((flags & SQLITE_SHM_UNLOCK) != 0) {
    unlock(holder, mask);
    return SQLITE_OK;
  }
  if ((flags & SQLITE_SHM_EXCLUSIVE) != 0) {
    if (is_held_by_others(holder, mask)) return SQLITE_BUSY;
    holder.exclusive_mask |= mask;
    exclusive_mask_ |= mask;
    return SQLITE_OK;
  }
  if ((exclusive_mask_ & ~holder.exclusive_mask & mask) != 0) return SQLITE_BUSY;
  if ((holder.shared_mask & mask) == 0) ++shared_counts_[static_cast<std::size_t>(first)];
  holder.shared_mask |= mask;
  return SQLITE_OK;
}

void WalIndex::unlock(Holder& holder, std::uint32_t mask) {
  for (std::size_t i = 0; i < shared_counts_.size(); ++i)
    if ((holder.shared_mask & mask & (1u << i)) != 0) --shared_counts_[i];
  exclusive_mask_ &= ~(holder.exclusive_mask & mask);
  holder.shared_mask &= ~mask;
  holder.exclusive_mask &= ~mask;
}

void WalIndex::release(Holder& holder) {
  unlock(holder, ~0u);
}

std::uint32_t WalIndex::frame_count() const {
  constexpr std::size_t offset = 16;
  if (regions_.empty()) return 0;
  std::uint32_t count = 0;
  std::memcpy(&count, reinterpret_cast<const std::uint8_t*>(regions_[0].get()) + offset, sizeof count);
  return count;
}

}  // namespace tenon::storage_sqlite
