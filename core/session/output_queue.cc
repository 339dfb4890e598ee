#include "session/output_queue.h"

#include <algorithm>

#include "base/assert.h"

namespace tenon::session {

ChunkPool::~ChunkPool() {
  for (auto* chunk : small_) delete[] chunk;
  for (auto* chunk : large_) delete[] chunk;
}

std::span<std::uint8_t> ChunkPool::get(std::size_t bytes) {
  const auto from = [](std::vector<std::uint8_t*>& kept, std::size_t size) -> std::span<std::uint8_t> {
    if (kept.empty()) return {new std::uint8_t[size], size};
    std::uint8_t* chunk = kept.back();
    kept.pop_back();
    return {chunk, size};
  };
  if (bytes <= small_bytes) return from(small_, small_bytes);
  if (bytes <= large_bytes) return from(large_, large_bytes);
  return {new std::uint8_t[bytes], bytes};
}

void ChunkPool::put(std::span<std::uint8_t> chunk) {
  if (chunk.size() == small_bytes && small_.size() < small_kept_max)
    small_.push_back(chunk.data());
  else if (chunk.size() == large_bytes && large_.size() < large_kept_max)
    large_.push_back(chunk.data());
  else
    delete[] chunk.data();
}

std::uint8_t* OutputQueue::extend_in_new_chunk(std::size_t count) {
  // The first chunk is small, as most connections send little at a time, and so is one between shared
  // payloads; what follows a full chunk is large.
  const bool little = segments_.empty() || segments_.back().owner;
  const std::size_t want = little ? count : std::max(count, ChunkPool::large_bytes);
  const auto chunk = pool_->get(want);
  Segment segment;
  segment.data = chunk.data();
  segment.end = static_cast<std::uint32_t>(count);
  segment.capacity = static_cast<std::uint32_t>(chunk.size());
  segments_.push_back(std::move(segment));
  return chunk.data();
}

void OutputQueue::shorten(std::size_t count) {
  Segment& last = segments_.back();
  TENON_DCHECK(!last.owner && last.end - last.begin >= count);
  last.end -= static_cast<std::uint32_t>(count);
  bytes_ -= count;
}

void OutputQueue::append_shared(Ref<Message> owner, Bytes bytes) {
  if (bytes.empty()) return;
  Segment segment;
  segment.data = const_cast<std::uint8_t*>(bytes.data());
  segment.end = segment.capacity = static_cast<std::uint32_t>(bytes.size());
  segment.owner = std::move(owner);
  segments_.push_back(std::move(segment));
  bytes_ += bytes.size();
}

std::size_t OutputQueue::gather(std::span<Bytes> out) const {
  std::size_t count = 0;
  for (std::size_t i = head_; i < segments_.size() && count < out.size(); ++i) {
    const Segment& segment = segments_[i];
    if (segment.end > segment.begin)
      out[count++] = {segment.data + segment.begin, segment.end - segment.begin};
  }
  return count;
}

void OutputQueue::consume(std::size_t count) {
  TENON_BUG(count <= bytes_, "more sent than there was");
  bytes_ -= count;
  if (bytes_ == 0) {
    clear();
    return;
  }
  while (true) {
    Segment& segment = segments_[head_];
    const std::size_t here = std::min<std::size_t>(count, segment.end - segment.begin);
    segment.begin += static_cast<std::uint32_t>(here);
    count -= here;
    if (segment.begin < segment.end) break;
    release(segment);
    ++head_;
  }
  // Keep the walk short without moving the rest at each call.
  if (head_ > 16 && head_ * 2 > segments_.size()) {
    segments_.erase(segments_.begin(), segments_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
  }
}

void OutputQueue::release(Segment& segment) {
  if (segment.owner)
    segment.owner = nullptr;
  else if (segment.data)
    pool_->put({segment.data, segment.capacity});
  segment.data = nullptr;
}

void OutputQueue::clear() {
  for (std::size_t i = head_; i < segments_.size(); ++i) release(segments_[i]);
  segments_.clear();
  if (segments_.capacity() > 8) segments_.shrink_to_fit();
  head_ = 0;
  bytes_ = 0;
}

}  // namespace tenon::session
