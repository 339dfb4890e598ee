#include "segment/tail_cache.h"

#include <algorithm>
#include <utility>

namespace tenon::segment_log {

void TailCache::add(std::uint32_t segment, std::uint32_t offset, std::vector<std::uint8_t> bytes) {
  bytes_ += bytes.capacity();
  blocks_.push_back(std::make_shared<const Block>(Block{segment, offset, std::move(bytes)}));
  for (; bytes_ > bytes_max_; blocks_.pop_front()) bytes_ -= blocks_.front()->bytes.capacity();
}

TailCache::Ref TailCache::find(std::uint32_t segment, std::uint32_t offset) const {
  const auto at = std::partition_point(blocks_.begin(), blocks_.end(), [&](const Ref& block) {
    return block->segment != segment ? block->segment < segment : block->end() <= offset;
  });
  return at == blocks_.end() || (*at)->segment != segment ? nullptr : *at;
}

}  // namespace tenon::segment_log
