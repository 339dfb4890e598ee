#pragma once

#include <tenon/draft/log.h>

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

namespace tenon::tools {

// The log of one group in memory, as a replication engine is shown it: what is queued becomes durable when
// the check says so, and reads show what is durable. Holds the engine to the rules of tenon_log.
class MemoryLog {
 public:
  MemoryLog() = default;
  MemoryLog(const MemoryLog&) = delete;
  MemoryLog& operator=(const MemoryLog&) = delete;

  static const tenon_log& table();
  tenon_journal* handle() { return reinterpret_cast<tenon_journal*>(this); }

  // Takes the writes of one call; its number.
  std::uint64_t queue(const tenon_log_write* writes, std::uint64_t count);
  // Makes all that is queued durable; the number of the last call, 0 when there was none.
  std::uint64_t persist();
  // Power is lost: of the calls that are queued, all but the first `kept` are gone.
  void lose_power(std::size_t kept);

  std::size_t queued_count() const { return queued_.size(); }
  const std::string& hard_state() const { return hard_state_; }
  // Whether this very entry is durable.
  bool holds(tenon_log_point at) const;
  tenon_log_point last() const { return entries_.empty() ? base_ : entries_.back().at; }
  // What was asked for against the rules; empty: nothing was.
  const std::string& fault() const { return fault_; }

 private:
  struct Entry {
    tenon_log_point at;
    std::uint32_t type;
    std::string data;
  };
  struct Write {
    std::uint32_t flags;
    tenon_log_point base;
    std::vector<Entry> entries;
    std::string hard_state;
  };

  bool holds(std::uint64_t index) const { return index > base_.index && index <= last().index; }
  void apply(const Write& write);
  void take_entries(const std::vector<Entry>& entries);

  bool is_there_ = false;
  tenon_log_point base_{};
  std::deque<Entry> entries_;
  std::string hard_state_;
  std::deque<std::vector<Write>> queued_;
  std::uint64_t taken_count_ = 0;  // calls since the beginning
  std::string fault_;
  std::vector<tenon_log_entry> page_;
};

}  // namespace tenon::tools
