#include "session/output_queue.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace tenon::session {

ChunkPool::~ChunkPool() {
  for (auto* chunk : small_) delete[] chunk;
  for (auto* chunk : large_) delete[] chunk;
  while (segments_) delete std::exchange(segments_, segments_->next);
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

void ChunkPool::put_segment(OutputSegment& segment) {
  if (!segment.owner) put({segment.data, segment.capacity});
  if (segments_kept_ >= segments_kept_max) {
    delete &segment;
    return;
  }
  segment = {};
  segment.next = segments_;
  segments_ = &segment;
  ++segments_kept_;
}

OutputSegment& OutputQueue::add_segment() {
  OutputSegment& segment = pool_->get_segment();
  (last_ ? last_->next : first_) = &segment;
  last_ = &segment;
  return segment;
}

std::uint8_t* OutputQueue::extend_in_new_chunk(std::size_t count) {
  // The first chunk is small, as most connections send little at a time, and so is one between shared
  // payloads; what follows a full chunk is large.
  const bool little = !last_ || last_->owner;
  const std::size_t want = little ? count : std::max(count, ChunkPool::large_bytes);
  const auto chunk = pool_->get(want);
  OutputSegment& segment = add_segment();
  segment.data = chunk.data();
  segment.end = static_cast<std::uint32_t>(count);
  segment.capacity = static_cast<std::uint32_t>(chunk.size());
  return chunk.data();
}

void OutputQueue::shorten(std::size_t count) {
  TENON_DCHECK(!last_->owner && last_->end - last_->begin >= count);
  last_->end -= static_cast<std::uint32_t>(count);
  bytes_ -= count;
  if (bytes_ == 0) clear();
}

void OutputQueue::append_shared(Ref<Message> owner, Bytes bytes) {
  if (bytes.empty()) return;
  OutputSegment& segment = add_segment();
  segment.data = const_cast<std::uint8_t*>(bytes.data());
  segment.end = segment.capacity = static_cast<std::uint32_t>(bytes.size());
  segment.owner = std::move(owner);
  bytes_ += bytes.size();
}

std::size_t OutputQueue::gather(std::span<Bytes> out) const {
  std::size_t count = 0;
  for (const OutputSegment* at = first_; at && count < out.size(); at = at->next)
    if (at->end > at->begin) out[count++] = {at->data + at->begin, at->end - at->begin};
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
    const std::size_t here = std::min<std::size_t>(count, first_->end - first_->begin);
    first_->begin += static_cast<std::uint32_t>(here);
    count -= here;
    if (first_->begin < first_->end) break;
    drop_first();
  }
}

void OutputQueue::drop_first() {
  OutputSegment& segment = *first_;
  first_ = segment.next;
  if (!first_) last_ = nullptr;
  pool_->put_segment(segment);
}

void OutputQueue::clear() {
  while (first_) drop_first();
  bytes_ = 0;
}

}  // namespace tenon::session
