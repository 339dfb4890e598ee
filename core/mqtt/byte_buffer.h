#pragma once

#include <cstdint>
#include <vector>

#include "mqtt/writer.h"

namespace tenon::mqtt {

// A plain growing buffer with its writer: for tools, tests and paths that are not hot.
// Not copyable or movable, because the writer points into it. Not thread-safe.
class ByteBuffer {
 public:
  ByteBuffer() : writer_({}, &ByteBuffer::grow, this) {}
  ByteBuffer(const ByteBuffer&) = delete;
  ByteBuffer& operator=(const ByteBuffer&) = delete;

  Writer& writer() { return writer_; }
  // Valid until the next write.
  Bytes bytes() const { return writer_.written(); }
  void clear() { writer_.shorten_to(0); }

 private:
  static bool grow(void* owner, Writer& writer, std::size_t more_bytes) {
    auto& memory = static_cast<ByteBuffer*>(owner)->memory_;
    memory.resize(memory.size() * 2 + more_bytes);
    writer.move_to(memory);
    return true;
  }
  std::vector<std::uint8_t> memory_;
  Writer writer_;
};

}  // namespace tenon::mqtt
