#pragma once

#include <cstdint>
#include <vector>

namespace tenon::load {

// Counts, for each stream, the messages that all receivers on this worker have: what a publisher's window
// waits for when it is closed over deliveries. Not thread-safe: one per worker.
class StreamTable {
 public:
  // `window`: at most so many messages of a stream are under way.
  StreamTable(std::size_t streams, std::uint32_t window);

  // Says that `receivers` links of this worker get every message of `stream`.
  void set_receivers(std::uint32_t stream, std::uint32_t receivers);

  // One receiver got `sequence`, and will not get the `skipped` ones before it.
  void on_delivery(std::uint32_t stream, std::uint32_t sequence, std::uint32_t skipped) {
    Entry& entry = entries_[stream];
    const std::uint32_t done =
        entry.receivers == 1 ? skipped + 1 : tally(stream, entry, sequence - skipped, skipped + 1);
    if (done == 0) return;
    if (entry.done == 0) touched_.push_back(stream);
    entry.done += done;
  }

  // Hands each stream with news to `report(stream, messages)` and forgets the news.
  template <class Report>
  void take_done(Report&& report) {
    for (const std::uint32_t stream : touched_) {
      const std::uint32_t done = entries_[stream].done;
      entries_[stream].done = 0;
      report(stream, done);
    }
    touched_.clear();
  }

  std::uint32_t receivers(std::uint32_t stream) const { return entries_[stream].receivers; }
  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    std::uint32_t receivers = 0;
    std::uint32_t done = 0;
  };

  std::uint32_t tally(std::uint32_t stream, const Entry& entry, std::uint32_t first, std::uint32_t count);

  std::vector<Entry> entries_;
  std::vector<std::uint32_t> touched_;
  std::uint32_t ring_mask_;
  std::vector<std::vector<std::uint32_t>>
      rings_;  // per stream with many receivers: how many have sequence & mask
};

}  // namespace tenon::load
