#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "sim/checkers/log_checker.h"

namespace tenon::sim {

// Rules of Raft that show in what a node has on its disk when it says something; for replication-raft only,
// whose messages and entries it can read:
//   - a candidate's term and its vote for itself are durable before it asks for votes, and before it leads;
//   - a vote is durable before it is given, there is one in a term, and it goes to a log that is not behind;
//   - whoever leads was elected by those who decide;
//   - what is acknowledged is durable, is what the leader has at that place, and is told to whoever leads in
//   that term;
//   - a leader commits by an entry of its own term; leadership is handed to one who has everything;
//   - members change one step at a time: behind a committed entry of the term, and not while another change
//   is open; who decides is what the newest change in the log says, for whoever leads or asks for votes;
//   - a leader falls asleep when all whom it is linked to have everything, a follower when all is committed;
//   whoever is asked for a vote wakes up.
class RaftRules final : public NodeObserver {
 public:
  // All outlive it. The logs are told of everything before this is.
  RaftRules(World& world, const LogChecker& logs, const std::vector<kv::NodeId>& nodes);

  // For LogChecker: what an entry of this plugin says of who decides.
  static std::optional<Deciders> read_deciders(const tenon_log_entry& entry);

  void on_birth(std::uint32_t node) override;
  void on_log_found(std::uint32_t node, const FoundLog& log) override;
  void on_log_write(std::uint32_t node, std::span<const tenon_log_write> writes) override;
  void on_log_durable(std::uint32_t node, std::span<const tenon_log_write> writes) override;
  void on_leads(std::uint32_t node, const kv::RangeId& range, std::uint64_t term) override;
  void on_sent(std::uint32_t node, const tenon_peer_message& message) override;
  void on_received(std::uint32_t node, const tenon_peer_message& message) override;
  void on_peer_state(std::uint32_t node, std::uint64_t other, bool is_up) override;
  void on_status(std::uint32_t node, const kv::RangeId& range, const tenon_group_status& status) override;

 private:
  using Key = std::pair<std::uint32_t, kv::RangeId>;                     // node and range
  using Ballot = std::tuple<kv::RangeId, std::uint64_t, std::uint64_t>;  // range, term, candidate
  struct Said {
    std::uint32_t role = 0;
    std::uint64_t term = 0;
    std::uint64_t committed = 0;
  };
  void take_hard_state(std::uint32_t node, const kv::RangeId& range, std::string_view bytes);
  // The vote is durable, or a later term is: then there can't be another one in this term any more.
  bool has_voted(std::uint32_t node, const kv::RangeId& range, std::uint64_t term,
                 std::uint64_t candidate) const;
  void on_vote(std::uint32_t node, const kv::RangeId& range, std::uint64_t to, std::uint64_t term);
  void on_acknowledged(std::uint32_t node, const kv::RangeId& range, std::uint64_t to, std::uint64_t term,
                       std::uint64_t index);
  void on_handed_over(std::uint32_t node, const kv::RangeId& range, std::uint64_t to);
  void on_asked_for_vote(std::uint32_t node, const kv::RangeId& range, std::uint64_t to);
  void check_members(std::uint32_t node, const kv::RangeId& range, const tenon_group_status& status);
  void check_sleep(std::uint32_t node, const kv::RangeId& range, const tenon_group_status& status);
  void on_change(std::uint32_t node, const kv::RangeId& range, const tenon_log_entry& entry);
  void fail(std::uint32_t node, const kv::RangeId& range, const std::string& what);

  World& world_;
  const LogChecker& logs_;
  const std::vector<kv::NodeId> nodes_;  // by place
  // Node, range, term and candidate of each vote that was ever on a disk.
  std::set<std::tuple<std::uint32_t, kv::RangeId, std::uint64_t, std::uint64_t>> durable_;
  std::map<Key, std::uint64_t> durable_terms_;  // the newest, in this life
  std::map<std::tuple<std::uint32_t, kv::RangeId, std::uint64_t>, std::uint64_t> votes_;  // in a term
  std::map<Ballot, std::pair<std::uint64_t, std::uint64_t>> asked_;  // the candidate's last term and index
  std::map<Ballot, std::set<std::uint64_t>> given_;                  // who voted for it
  std::map<std::pair<kv::RangeId, std::uint64_t>, std::uint32_t> leaders_;  // by term
  std::map<Key, std::uint64_t> leading_;                                    // the term, in this life
  std::map<Key, Said> said_;
  std::set<std::pair<std::uint32_t, std::uint64_t>> linked_;  // node and, by id, whom it is linked to
  std::set<Key> was_asked_;                    // for a vote, since it said last whether it sleeps
  std::map<Key, std::uint64_t> open_changes_;  // the change before the newest, which must be committed
};

}  // namespace tenon::sim
