#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/intrusive_ptr.h"
#include "session/message.h"

namespace tenon::session {

// A piece of output that waits.
struct OutputSegment {
  std::uint8_t* data = nullptr;  // of the pool, or of `owner`
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  std::uint32_t capacity = 0;  // with an owner the same as `end`: nothing can be added behind it
  Ref<Message> owner;
  OutputSegment* next = nullptr;
};

// Memory for output, in two sizes, and the segments that name it, kept for the next connection that wants
// some: at window 1 it saves each packet an allocation, and 1,000 of 6,400 instructions a message
// (docs/internals/tricks.md); at window 100 nothing that shows. Requires that chunks come back on the worker
// that took them. One per worker; not thread-safe.
class ChunkPool {
 public:
  static constexpr std::size_t small_bytes = 2 * 1024;
  static constexpr std::size_t large_bytes = 32 * 1024;

  ChunkPool() = default;
  ~ChunkPool();
  ChunkPool(const ChunkPool&) = delete;
  ChunkPool& operator=(const ChunkPool&) = delete;

  // At least `bytes`; the size given is the first of small_bytes, large_bytes or `bytes` itself that holds
  // it.
  std::span<std::uint8_t> get(std::size_t bytes);
  void put(std::span<std::uint8_t> chunk);

  // As it is made; the last that was put back is the first to be given again, while it is in the cache.
  OutputSegment& get_segment() {
    if (!segments_) return *new OutputSegment;
    OutputSegment& segment = *segments_;
    segments_ = segment.next;
    segment.next = nullptr;
    --segments_kept_;
    return segment;
  }
  // Gives up what it names, too.
  void put_segment(OutputSegment& segment);

 private:
  static constexpr std::size_t small_kept_max = 1024;
  static constexpr std::size_t large_kept_max = 256;
  static constexpr std::size_t segments_kept_max = 4096;
  std::vector<std::uint8_t*> small_;
  std::vector<std::uint8_t*> large_;
  OutputSegment* segments_ = nullptr;  // a list of empty ones
  std::size_t segments_kept_ = 0;
};

// Bytes that wait to be sent to one client, oldest first. Not thread-safe.
//
// Holds no memory while empty, as nearly all queues are at any time: the segments in its list are of the
// pool, too.
class OutputQueue {
 public:
  explicit OutputQueue(ChunkPool& pool) : pool_(&pool) {}
  ~OutputQueue() { clear(); }
  OutputQueue(const OutputQueue&) = delete;
  OutputQueue& operator=(const OutputQueue&) = delete;

  // Adds `count` bytes, at least one, whose content the caller writes before anything else happens to the
  // queue.
  std::uint8_t* extend(std::size_t count) {
    bytes_ += count;
    if (last_ && last_->capacity - last_->end >= count) [[likely]] {
      std::uint8_t* at = last_->data + last_->end;
      last_->end += static_cast<std::uint32_t>(count);
      return at;
    }
    return extend_in_new_chunk(count);
  }
  // Takes back the last `count` bytes of what extend() gave. REQUIRES: they were given by the last extend().
  void shorten(std::size_t count);
  // Adds bytes that `owner` keeps alive, without copying them.
  void append_shared(Ref<Message> owner, Bytes bytes);

  bool empty() const { return bytes_ == 0; }
  // So many bytes would begin a large chunk though the one before it, if any, is not full.
  bool would_begin_early(std::size_t count) const {
    if (!last_ || last_->capacity - last_->end >= count) return false;
    return last_->owner || last_->capacity <= ChunkPool::small_bytes;
  }
  std::size_t size_bytes() const { return bytes_; }
  // Fills `out` with the oldest pieces; returns how many there are.
  std::size_t gather(std::span<Bytes> out) const;
  // Drops the oldest `count` bytes. REQUIRES: count <= size_bytes().
  void consume(std::size_t count);
  void clear();

 private:
  OutputSegment& add_segment();
  std::uint8_t* extend_in_new_chunk(std::size_t count);
  void drop_first();

  ChunkPool* pool_;
  OutputSegment* first_ = nullptr;  // null exactly while nothing waits, as is last_
  OutputSegment* last_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace tenon::session
