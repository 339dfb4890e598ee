#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sim/node/observer.h"
#include "sim/world/world.h"

namespace tenon::sim {

// Who decides in a group: a majority of the voters, and one of the outgoing ones if there are any.
struct Deciders {
  std::vector<std::uint64_t> voters;
  std::vector<std::uint64_t> outgoing;

  template <class Holds>
  bool decide(const Holds& holds) const {
    return has_majority(voters, holds) && (outgoing.empty() || has_majority(outgoing, holds));
  }

 private:
  template <class Holds>
  static bool has_majority(const std::vector<std::uint64_t>& nodes, const Holds& holds) {
    std::size_t count = 0;
    for (const std::uint64_t node : nodes) count += holds(node) ? 1 : 0;
    return count * 2 > nodes.size();
  }
};

// One node's log of one group: the terms of its entries.
struct MemberLog {
  kv::LogPoint base;
  std::vector<std::uint64_t> terms;           // of the entries behind the base
  std::map<std::uint64_t, Deciders> changes;  // entries that change who decides, by index
  Deciders before;                            // who decides when there is no such entry

  std::uint64_t last() const { return base.index + terms.size(); }
  // 0: it is not known, or there is none.
  std::uint64_t term_at(std::uint64_t index) const;
  std::uint64_t last_term() const { return terms.empty() ? base.term : terms.back(); }
  // The entry is there, or was and is part of the state.
  bool holds(std::uint64_t index, std::uint64_t term) const {
    return index <= base.index || term_at(index) == term;
  }
  const Deciders& deciders() const { return changes.empty() ? before : changes.rbegin()->second; }
  // Those that decide at present, or did at a moment since the change at `index` was the newest one (0: since
  // there was none): one of them lets `holds` pass.
  template <class Holds>
  bool decided_since(std::uint64_t index, const Holds& holds) const {
    auto change = changes.upper_bound(index);
    const Deciders& first = change == changes.begin() ? before : std::prev(change)->second;
    if (first.decide(holds)) return true;
    return std::any_of(change, changes.end(), [&](const auto& one) { return one.second.decide(holds); });
  }
};

// What the logs of a group must be at every moment, by what the replication plugins write, say and apply:
//   - entries of the same index and term are the same, and so is what is before them (log matching);
//   - whoever leads has every entry that was committed before (leader completeness);
//   - what is committed is durable with a majority, and is never cut off or overwritten;
//   - a state comes with the members that the entries up to it say;
//   - what a node calls committed never goes back in one life of it;
//   - entries are applied once, in order, and not before they are durable on that node;
//   - a point for reads lies behind all that was applied anywhere when it was asked for.
class LogChecker final : public NodeObserver {
 public:
  // What an entry says of who decides from it on; empty: nothing. Null: nobody can tell.
  using ReadDeciders = std::function<std::optional<Deciders>(const tenon_log_entry& entry)>;

  // `nodes` by place.
  LogChecker(World& world, const std::vector<kv::NodeId>& nodes, ReadDeciders read_deciders);

  // Of the entries that the plugin has asked to write, and of those that are on the disk. Null: none yet.
  const MemberLog* written(std::uint32_t node, const kv::RangeId& range) const;
  const MemberLog* durable(std::uint32_t node, const kv::RangeId& range) const;
  // Some node has given up its log, or lost a part of it: the range is absorbed, or the replica is built
  // anew. What others say of the range can't be compared with that log any more.
  bool has_gone(const kv::RangeId& range) const { return gone_.contains(range); }
  std::optional<std::uint32_t> place_of(std::uint64_t node) const;
  // What is known to have been committed in the group, anywhere: up to where, and of which term each entry
  // is, 0 for one that is not known.
  std::uint64_t committed_until(const kv::RangeId& range) const;
  std::uint64_t committed_term(const kv::RangeId& range, std::uint64_t index) const;

  void on_birth(std::uint32_t node) override;
  void on_replica_failed(std::uint32_t node, const kv::RangeId& range, std::string_view why) override;
  void on_log_found(std::uint32_t node, const FoundLog& log) override;
  void on_joined(std::uint32_t node, const kv::RangeId& range, const kv::LogPoint& applied,
                 const tenon_membership& membership) override;
  void on_log_write(std::uint32_t node, std::span<const tenon_log_write> writes) override;
  void on_log_durable(std::uint32_t node, std::span<const tenon_log_write> writes) override;
  void on_leads(std::uint32_t node, const kv::RangeId& range, std::uint64_t term) override;
  void on_committed(std::uint32_t node, const kv::RangeId& range, const kv::LogPoint& at,
                    std::uint64_t digest) override;
  void on_misapplied(std::uint32_t node, const kv::RangeId& range, std::uint64_t index,
                     std::uint64_t expected) override;
  void on_status(std::uint32_t node, const kv::RangeId& range, const tenon_group_status& status) override;
  void on_read_asked(std::uint32_t node, const kv::RangeId& range, std::uint64_t context) override;
  void on_read_ready(std::uint32_t node, const kv::RangeId& range, std::uint64_t context,
                     std::uint64_t index) override;

 private:
  std::set<kv::RangeId> gone_;
  using Key = std::pair<std::uint32_t, kv::RangeId>;  // node and range
  struct Group {
    std::vector<std::uint64_t> committed;  // terms by index; 0: not known
    std::uint64_t applied = 0;             // anywhere
    // By index and term: the digest of the entry, and the term before it.
    std::map<std::pair<std::uint64_t, std::uint64_t>, std::pair<std::uint64_t, std::uint64_t>> entries;
    std::map<std::pair<std::uint64_t, std::uint64_t>, Deciders> changes;  // by index and term

    std::uint64_t term_at(std::uint64_t index) const {
      return index < committed.size() ? committed[index] : 0;
    }
    // The last committed entry, but for those of later terms than this one; index 0: none.
    kv::LogPoint last_of_term(std::uint64_t term) const;
  };
  void take(MemberLog& log, const tenon_log_write& write) const;
  void check_state(std::uint32_t node, const kv::RangeId& range, const kv::LogPoint& applied,
                   const Deciders& deciders);
  void note_changes(std::uint32_t node, const tenon_log_write& write);
  void check_what_goes(std::uint32_t node, const kv::RangeId& range, const MemberLog& log,
                       const tenon_log_write& write);
  void check_matching(std::uint32_t node, const kv::RangeId& range, const MemberLog& log,
                      const tenon_log_write& write);
  void note_committed(std::uint32_t node, const kv::RangeId& range, std::uint64_t index, bool leads);
  void fail(std::uint32_t node, const kv::RangeId& range, const std::string& what);

  World& world_;
  std::map<std::uint64_t, std::uint32_t> places_;  // by node id
  const ReadDeciders read_deciders_;
  std::map<Key, MemberLog> written_;
  std::map<Key, MemberLog> durable_;
  std::map<Key, std::uint64_t> committed_;  // as each node said last, in this life
  std::map<Key, std::uint64_t> changed_;    // the newest change in its log when it said so; 0: none
  std::map<kv::RangeId, Group> groups_;
  std::map<std::pair<Key, std::uint64_t>, std::uint64_t> reads_;  // by context: what was applied anywhere
  std::map<kv::RangeId, bool> has_changed_;  // groups that do not consist of whom they began with
};

}  // namespace tenon::sim
