#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "broker/events/event.h"

namespace tenon::broker {

// An event that waits: its texts are its own.
class KeptEvent {
 public:
  // What is beyond `payload_bytes_max` of the payload is left out.
  KeptEvent(const Event& event, std::uint32_t payload_bytes_max);
  // Its texts are this one's.
  Event view() const;
  std::size_t bytes() const { return sizeof(KeptEvent) + text_.size(); }

 private:
  EventNumbers numbers_;
  std::array<std::uint32_t, 8> ends_{};  // of the texts in text_, in the order in which Event has them
  std::string text_;
};

// Events on their way to one observer. What comes while it is full is left out and counted: whoever offers
// never waits for the observer, and holds the lock no longer than it takes to move one event.
class EventQueue {
 public:
  // A batch holds no more than that, unless its first event alone does.
  static constexpr std::size_t batch_bytes_max = 1 << 20;

  // Counts what is being delivered, too. `when_full` is called by whoever offers the first event that is left
  // out since the last batch.
  EventQueue(std::size_t bytes_max, std::function<void()> when_full)
      : bytes_max_(bytes_max), when_full_(std::move(when_full)) {}

  // Any thread.
  void offer(KeptEvent event);
  // Nothing comes any more; what is there can still be taken.
  void close();
  // Closed, and what is still there counts as left out.
  void give_up();
  std::size_t bytes() const;
  std::uint64_t dropped_total() const;

  // The observer's thread.
  struct BatchLimits {
    std::size_t count_max = 1;            // at least 1
    std::chrono::milliseconds linger{0};  // what the first event waits for others, left over or not
  };
  struct Batch {
    std::vector<KeptEvent> events;  // at least one
    std::uint64_t dropped = 0;      // left out since the last batch
  };
  // Waits until there are some. Empty: closed, and there is nothing left.
  std::optional<Batch> take(const BatchLimits& limits);
  // Waits for `time`, or until it is closed; if it is already, for `time_if_closed`. False: it was given up.
  bool pause(std::chrono::milliseconds time, std::chrono::milliseconds time_if_closed);

 private:
  void leave_out_the_rest();

  const std::size_t bytes_max_;
  const std::function<void()> when_full_;
  mutable std::mutex mutex_;
  std::condition_variable some_;
  // Guarded by mutex_.
  std::deque<KeptEvent> incoming_;
  std::size_t enough_count_ = 1;  // as many end the wait for others
  std::size_t bytes_ = 0;         // incoming_, ready_, and the batch that is out
  std::uint64_t dropped_ = 0;     // since the last batch
  std::uint64_t dropped_total_ = 0;
  bool is_closed_ = false;
  bool is_given_up_ = false;
  // The observer's thread only.
  std::deque<KeptEvent> ready_;
  std::size_t out_bytes_ = 0;  // of the batch that is out
};

}  // namespace tenon::broker
