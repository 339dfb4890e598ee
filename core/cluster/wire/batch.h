#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::cluster {

// One message between nodes; `kind` is for those who send and receive it.
struct Message {
  std::uint8_t kind = 0;
  std::string body;
};

// The body of a batch frame: for each message its kind (u8), its length (varint) and its bytes.

// What a message adds to the body of its batch, at most.
inline constexpr std::size_t message_overhead_bytes = 1 + 10;

// Puts messages into one batch frame. Short bodies are copied together, long ones are moved, so that the
// frame is a few pieces to be written one after the other.
class BatchWriter {
 public:
  explicit BatchWriter(std::uint16_t version);

  void add(Message&& message);
  // Of the body so far.
  std::size_t body_bytes() const { return body_bytes_; }
  // The whole frame. The writer is used up.
  std::vector<std::string> finish();

 private:
  static constexpr std::size_t moved_bytes_min = 4096;

  const std::uint16_t version_;
  std::size_t body_bytes_ = 0;
  std::vector<std::string> pieces_;
};

// Reads the body of a batch frame, message by message.
class BatchReader {
 public:
  struct Item {
    std::uint8_t kind = 0;
    std::string_view body;
  };

  explicit BatchReader(std::string_view body) : rest_(body) {}

  // False at the end, and when the rest does not hold together: ok() tells which.
  bool next(Item& item);
  bool ok() const { return ok_; }
  std::size_t rest_bytes() const { return rest_.size(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace tenon::cluster
