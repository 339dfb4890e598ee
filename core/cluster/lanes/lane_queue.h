#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>

#include "cluster/lanes/lane_plan.h"
#include "cluster/wire/batch.h"

namespace tenon::cluster {

// What one lane of a link has to send: messages, which leave whole, or as a stream that is cut anywhere and
// no longer than the other side has granted. Pure state; one owner.
class LaneQueue {
 public:
  // The other side may not grant more than this ahead of what it was sent.
  static constexpr std::uint64_t credit_bytes_max = 1u << 30;

  explicit LaneQueue(Lane lane) : has_credits_(plan_of(lane).window_bytes != 0) {}

  void add(std::uint8_t kind, std::string&& body);
  // Forgets what waits; returns how many messages of it have not left to their end.
  std::size_t drop();

  // Takes the first message whole. REQUIRES: not empty(), and take() was never called.
  Message pop();
  // Appends up to `size_bytes_max` of the stream to `out`, as far as credits reach; returns how many.
  std::size_t take(std::size_t size_bytes_max, std::string& out);

  // The other side takes the stream up to here, counted from its begin. False: less than before, or more than
  // it may.
  bool grant(std::uint64_t limit);
  // What may still be sent; no bound for a lane without credits.
  std::uint64_t credit_bytes() const;

  bool empty() const { return messages_.empty(); }
  bool is_ready() const { return !empty() && credit_bytes() > 0; }
  // It has something to send, and may not.
  bool is_stalled() const { return !empty() && credit_bytes() == 0; }
  // What waits keeps so much memory: a message until its last byte has left.
  std::size_t queued_bytes() const { return queued_bytes_; }
  static std::size_t cost_of(std::size_t body_bytes) { return body_bytes + message_overhead_bytes; }

 private:
  const bool has_credits_;
  std::deque<Message> messages_;
  std::size_t queued_bytes_ = 0;
  std::string head_;            // kind and length of the first message; empty: not begun
  std::size_t front_done_ = 0;  // of its head and body
  std::uint64_t sent_ = 0;      // of the stream
  std::uint64_t limit_ = 0;
};

}  // namespace tenon::cluster
