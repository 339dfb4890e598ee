#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "cluster/wire/batch.h"

namespace tenon::cluster {

// What one link has to send. Frames of the control lane overtake messages; messages that wait become one
// batch frame only when the link can take it.
//
// Pure state; one owner.
class LinkOutput {
 public:
  // A batch ends with the message that makes it this large, so that a control frame never waits long.
  static constexpr std::size_t batch_bytes = 256 * 1024;

  explicit LinkOutput(std::size_t queue_bytes_max) : queue_bytes_max_(queue_bytes_max) {}

  // Whole frames, before everything that is not being written yet.
  void add_control(std::string&& frames) { control_ += frames; }
  // Queues a message behind those that wait; false, and it stays the caller's, when it would not fit.
  bool add_message(std::uint8_t kind, std::string& body);
  // Forgets the messages that wait; returns how many.
  std::size_t drop_messages();

  // Replaces `out` by what is to be written next, in order; empty: nothing. The views hold until the next
  // call. `version` is the form of batches.
  void gather(std::uint16_t version, std::vector<Bytes>& out);
  // So many bytes of what gather() gave were written.
  void written(std::size_t size_bytes);

  bool empty() const { return pieces_.empty() && control_.empty() && messages_.empty(); }
  // Of messages that wait, and what is being written.
  std::size_t queued_bytes() const { return queued_bytes_ + writing_bytes_; }

 private:
  static std::size_t cost_of(const std::string& body) { return body.size() + message_overhead_bytes; }
  void add_piece(std::string&& piece);
  void make_batch(std::uint16_t version);

  const std::size_t queue_bytes_max_;
  std::string control_;
  std::deque<Message> messages_;
  std::size_t queued_bytes_ = 0;    // cost of messages_
  std::deque<std::string> pieces_;  // being written
  std::size_t head_written_ = 0;    // of the first piece
  std::size_t writing_bytes_ = 0;   // of pieces_, without head_written_
};

}  // namespace tenon::cluster
