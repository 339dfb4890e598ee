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

std::unique_ptr<OutputBacklog> ChunkPool::get_backlog() {
  if (backlogs_.empty()) return std::make_unique<OutputBacklog>();
  std::unique_ptr<OutputBacklog> backlog = std::move(backlogs_.back());
  backlogs_.pop_back();
  return backlog;
}

void ChunkPool::put_backlog(std::unique_ptr<OutputBacklog> backlog) {
  // One that was long would keep for ever what it needed once.
  constexpr std::size_t capacity_max = 8;
  if (backlogs_.size() >= backlogs_kept_max || backlog->segments.capacity() > capacity_max) return;
  backlog->segments.clear();
  backlog->head = 0;
  backlog->bytes = 0;
  backlogs_.push_back(std::move(backlog));
}

OutputSegment& OutputQueue::add_segment() {
  if (!backlog_) backlog_ = pool_->get_backlog();
  return backlog_->segments.emplace_back();
}

std::uint8_t* OutputQueue::extend_in_new_chunk(std::size_t count) {
  // The first chunk is small, as most connections send little at a time, and so is one between shared
  // payloads; what follows a full chunk is large.
  const bool little = !backlog_ || backlog_->segments.back().owner;
  const std::size_t want = little ? count : std::max(count, ChunkPool::large_bytes);
  const auto chunk = pool_->get(want);
  OutputSegment& segment = add_segment();
  segment.data = chunk.data();
  segment.end = static_cast<std::uint32_t>(count);
  segment.capacity = static_cast<std::uint32_t>(chunk.size());
  backlog_->bytes += count;
  return chunk.data();
}

void OutputQueue::shorten(std::size_t count) {
  OutputSegment& last = backlog_->segments.back();
  TENON_DCHECK(!last.owner && last.end - last.begin >= count);
  last.end -= static_cast<std::uint32_t>(count);
  backlog_->bytes -= count;
  if (backlog_->bytes == 0) clear();
}

void OutputQueue::append_shared(Ref<Message> owner, Bytes bytes) {
  if (bytes.empty()) return;
  OutputSegment& segment = add_segment();
  segment.data = const_cast<std::uint8_t*>(bytes.data());
  segment.end = segment.capacity = static_cast<std::uint32_t>(bytes.size());
  segment.owner = std::move(owner);
  backlog_->bytes += bytes.size();
}

std::size_t OutputQueue::gather(std::span<Bytes> out) const {
  std::size_t count = 0;
  if (!backlog_) return count;
  const auto& segments = backlog_->segments;
  for (std::size_t i = backlog_->head; i < segments.size() && count < out.size(); ++i) {
    const OutputSegment& segment = segments[i];
    if (segment.end > segment.begin)
      out[count++] = {segment.data + segment.begin, segment.end - segment.begin};
  }
  return count;
}

void OutputQueue::consume(std::size_t count) {
  TENON_BUG(count <= size_bytes(), "more sent than there was");
  if (count == size_bytes()) {
    clear();
    return;
  }
  auto& [segments, head, bytes] = *backlog_;
  bytes -= count;
  while (true) {
    OutputSegment& segment = segments[head];
    const std::size_t here = std::min<std::size_t>(count, segment.end - segment.begin);
    segment.begin += static_cast<std::uint32_t>(here);
    count -= here;
    if (segment.begin < segment.end) break;
    release(segment);
    ++head;
  }
  // Keep the walk short without moving the rest at each call.
  if (head > 16 && head * 2 > segments.size()) {
    segments.erase(segments.begin(), segments.begin() + static_cast<std::ptrdiff_t>(head));
    head = 0;
  }
}

void OutputQueue::release(OutputSegment& segment) {
  if (segment.owner)
    segment.owner = nullptr;
  else if (segment.data)
    pool_->put({segment.data, segment.capacity});
  segment.data = nullptr;
}

void OutputQueue::clear() {
  if (!backlog_) return;
  for (std::size_t i = backlog_->head; i < backlog_->segments.size(); ++i) release(backlog_->segments[i]);
  pool_->put_backlog(std::move(backlog_));
}

}  // namespace tenon::session
