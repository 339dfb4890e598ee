#pragma once

#include <tenon/draft/log.h>
#include <tenon/draft/storage.h>

#include <atomic>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/disk/log_over_engine.h"

namespace tenon::store {

struct GroupOrder {
  bool operator()(const tenon_group_id& a, const tenon_group_id& b) const {
    return a.range != b.range ? a.range < b.range : a.incarnation < b.incarnation;
  }
};

// What is held in memory of a group.
struct EngineGroup {
  // Entries from `first` on are of `term`.
  struct Run {
    std::uint64_t first;
    std::uint64_t term;
  };
  tenon_log_point base{};
  std::uint64_t last = 0;
  std::vector<Run> runs;
  std::string hard_state;
  std::string damage;             // what is lost; empty: nothing
  std::uint64_t entry_bytes = 0;  // about

  // REQUIRES: base.index <= index <= last.
  std::uint64_t term_of(std::uint64_t index) const;
  tenon_log_point last_point() const { return {last, term_of(last)}; }
  void append(std::uint64_t index, std::uint64_t term, std::uint64_t bytes);
  void cut_from(std::uint64_t index);
  void forget_to(tenon_log_point base);
};

// The journal behind LogOverEngine, open. Contract: draft/log.h. A failure's text goes to `error`.
class EngineJournal {
 public:
  // Reads all groups. Fails as the engine does.
  static tenon_status open(const LogOverEngine& over, EngineJournal** ret_journal, tenon_error* error);

  tenon_status groups(tenon_log_group_fn fn, void* user) const;
  tenon_status write_v(std::span<const tenon_log_write> writes, tenon_error* error);
  tenon_status compact(tenon_group_id id, tenon_log_point base, tenon_error* error);
  tenon_status read(tenon_group_id id, std::uint64_t begin, std::uint64_t end, std::uint64_t bytes_max,
                    tenon_log_page* ret_page, tenon_error* error);
  tenon_status term_at(tenon_group_id id, std::uint64_t index, std::uint64_t* ret_term) const;
  tenon_status bounds(tenon_group_id id, tenon_log_bounds* ret_bounds) const;
  tenon_status verify(tenon_error* error);
  tenon_status stats(tenon_log_stats* ret_stats) const;

 private:
  using Groups = std::map<tenon_group_id, EngineGroup, GroupOrder>;
  // The writes of one batch, with the memory of their keys and values.
  class Draft;

  explicit EngineJournal(const LogOverEngine& over) : over_(over) {}

  tenon_status load_groups(tenon_error* error);
  tenon_status load_entries(tenon_group_id id, EngineGroup& group, tenon_error* error);
  // Walks [begin, end) of a space: visit(key, value) until it answers false.
  template <class Visit>
  tenon_status walk(std::uint32_t space, const std::string& begin, const std::string& end,
                    std::uint64_t bytes_max, tenon_error* error, Visit&& visit);
  tenon_status fit(const tenon_log_write& write, Groups& touched, tenon_error* error) const;
  // `before` is null: the group is not there.
  void draft(const tenon_log_write& write, const EngineGroup* before, const EngineGroup& after,
             Draft& ret_draft) const;
  // Damage was met by `write` alone: TENON_OK if it has its effect nevertheless. REQUIRES: as commit().
  tenon_status contain(const tenon_log_write& write, tenon_error* error);
  // It answers TENON_E_CORRUPT until it is removed.
  void mark_damaged(tenon_group_id id, const tenon_error* error);
  // REQUIRES: it is this thread's turn at the engine.
  tenon_status commit(std::span<const Draft> drafts, std::uint32_t durability, tenon_error* error);
  void forget(tenon_group_id id);

  const LogOverEngine& over_;
  mutable std::mutex mutex_;  // of groups_; taken after over_.turns(), held shortly
  Groups groups_;             // changed by the writer only
  std::atomic<std::uint64_t> live_bytes_{0};
  std::atomic<std::uint64_t> group_count_{0};
  std::atomic<std::uint64_t> entry_count_{0};
  std::atomic<std::uint64_t> byte_count_{0};
  // Of the reader's last page.
  std::vector<std::string> values_;
  std::vector<tenon_log_entry> page_;
};

}  // namespace tenon::store
