#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bytes.h"

namespace tenon::mqtt {

// Appends bytes to memory that somebody else owns and may enlarge.
//
// Not thread-safe. Holds raw pointers: the owner outlives the writer and does not move the memory except in
// `grow`.
class Writer final {
 public:
  // Makes room for at least `more_bytes` behind the writer's used() bytes: keeps those, and calls move_to()
  // with the new memory. False when the owner refuses (a budget is spent); nothing has changed then.
  using Grow = bool (*)(void* owner, Writer& writer, std::size_t more_bytes);

  // `grow` may be null: then `room` is all there is.
  explicit Writer(std::span<std::uint8_t> room, Grow grow = nullptr, void* owner = nullptr)
      : begin_(room.data()),
        next_(room.data()),
        end_(room.data() + room.size()),
        grow_(grow),
        owner_(owner) {}

  // Adds `count` bytes to the output and returns where they start; their content is the caller's to write,
  // all of it. Null when there is no room and the owner refuses.
  std::uint8_t* extend(std::size_t count) {
    if (static_cast<std::size_t>(end_ - next_) < count) [[unlikely]] {
      if (!grow_ || !grow_(owner_, *this, count)) return nullptr;
    }
    std::uint8_t* at = next_;
    next_ += count;
    return at;
  }

  std::size_t used() const { return static_cast<std::size_t>(next_ - begin_); }
  Bytes written() const { return {begin_, used()}; }
  // Drops everything behind the first `count` bytes. REQUIRES: count <= used().
  void shorten_to(std::size_t count) { next_ = begin_ + count; }

  // For Grow: `room` starts with the used() bytes written so far.
  void move_to(std::span<std::uint8_t> room) {
    const std::size_t count = used();
    begin_ = room.data();
    next_ = begin_ + count;
    end_ = begin_ + room.size();
  }

 private:
  std::uint8_t* begin_;
  std::uint8_t* next_;
  std::uint8_t* end_;
  Grow grow_;
  void* owner_;
};

}  // namespace tenon::mqtt
