#pragma once

#include <tenon/draft/log.h>

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tenon::test {

// A journal in memory whose writes become durable when the test says so, and whose reads show only what is.
// Refuses what tenon_log refuses: see fault().
class MemoryJournal {
 public:
  MemoryJournal() = default;
  MemoryJournal(const MemoryJournal&) = delete;
  MemoryJournal& operator=(const MemoryJournal&) = delete;

  static const tenon_log& table();
  tenon_journal* handle() { return reinterpret_cast<tenon_journal*>(this); }

  // Takes writes of one call; the number of the call.
  std::uint64_t queue(const tenon_log_write* writes, std::uint64_t count);
  // Makes the oldest calls durable; the number of the last one, 0 when there was none.
  std::uint64_t persist(std::size_t calls_max = SIZE_MAX);
  // A crash: the calls beyond the first `kept` are gone.
  void crash(std::size_t kept);
  void compact(tenon_group_id group, std::uint64_t index);

  // Reads of entries answer TENON_E_BUSY.
  void set_busy(bool busy) { busy_ = busy; }

  std::size_t queued_calls() const { return queued_.size(); }
  std::uint64_t calls() const { return sequence_; }
  bool has(tenon_group_id group) const { return groups_.contains(key(group)); }
  std::string hard_state(tenon_group_id group) const;
  std::uint64_t base_index(tenon_group_id group) const;
  std::uint64_t last_index(tenon_group_id group) const;
  // What was asked for against the rules of the journal; empty when nothing was.
  const std::string& fault() const { return fault_; }

 private:
  using Key = std::pair<std::uint64_t, std::uint64_t>;
  struct Entry {
    tenon_log_point at;
    std::uint32_t type;
    std::string data;
  };
  struct Log {
    tenon_log_point base{};
    std::deque<Entry> entries;
    std::string hard_state;

    tenon_log_point last() const { return entries.empty() ? base : entries.back().at; }
  };
  struct Write {
    Key group;
    std::uint32_t flags;
    tenon_log_point base;
    std::vector<Entry> entries;
    std::string hard_state;
  };
  struct Call {
    std::uint64_t sequence;
    std::vector<Write> writes;
  };

  static Key key(tenon_group_id group) { return {group.range, group.incarnation}; }
  static MemoryJournal& self(tenon_journal* handle) { return *reinterpret_cast<MemoryJournal*>(handle); }
  void apply(const Write& write);
  static tenon_status read(tenon_journal* journal, tenon_group_id group, std::uint64_t begin,
                           std::uint64_t end, std::uint64_t bytes_max, tenon_log_page* ret_page,
                           tenon_error* error);
  static tenon_status term_at(tenon_journal* journal, tenon_group_id group, std::uint64_t index,
                              std::uint64_t* ret_term);
  static tenon_status bounds(tenon_journal* journal, tenon_group_id group, tenon_log_bounds* ret_bounds);

  std::map<Key, Log> groups_;
  std::deque<Call> queued_;
  std::uint64_t sequence_ = 0;
  std::string fault_;
  bool busy_ = false;
  std::vector<tenon_log_entry> page_;
};

}  // namespace tenon::test
