#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sim/replica.h"

namespace tenon::raft::sim {

// What must hold at every step, whatever happens (paper figure 3), and that reads are linearizable. The first
// failure stays.
class Checker : public Observer {
 public:
  using Replicas = std::vector<Replica>;

  explicit Checker(const Replicas* replicas) : replicas_(replicas) {}

  const std::string& failure() const { return failure_; }
  void fail(std::string what);

  // After every event at `replica`.
  void check(const Replica& replica);

  // A read begins now; its number.
  std::uint64_t begin_read();

  Index committed() const { return committed_.empty() ? 0 : committed_.rbegin()->first; }
  std::uint64_t reads_served() const { return reads_served_; }
  std::uint64_t elections() const { return leaders_.size(); }

  void appended(NodeId node, const std::vector<Entry>& entries) override;
  void applied(NodeId node, const Entry& entry, const State& state) override;
  void installed(NodeId node, const State& state) override;
  void restarted(NodeId node) override;
  void read(NodeId node, const ReadResult& result) override;

 private:
  // What was found committed at an index, and by a replica of which term at first.
  struct Committed {
    Term term;
    Term seen_in;
    std::uint64_t digest = 0;  // of the state that has applied it; 0: not yet known
  };
  // The log of one replica as it is in its memory: terms from base + 1 on.
  struct Mirror {
    Index base = 0;
    std::vector<Term> terms;
    Term base_term = 0;
    Index commit = 0;
    Term led = 0;  // the last term in which it was seen to lead

    Index last() const { return base + terms.size(); }
    Term term(Index index) const { return index == base ? base_term : terms[index - base - 1]; }
  };

  const Replica& replica(NodeId node) const;
  void check_log_matching(const Entry& entry, Term before);
  void check_commit(const Replica& replica, Mirror& mirror);
  void note_committed(const Replica& replica, Index index, Term term);
  void check_durable_quorum(const Replica& leader, Index index, Term term);
  void check_leader(const Replica& replica, Mirror& mirror);
  void check_digest(NodeId node, Index index, std::uint64_t digest);

  const Replicas* replicas_;
  std::string failure_;
  std::map<NodeId, Mirror> mirrors_;
  std::map<Index, Committed> committed_;
  std::map<Term, NodeId> leaders_;
  std::map<std::pair<Index, Term>, std::pair<Term, std::string>> known_;  // entry -> term before it, payload
  std::vector<Index> read_floors_;
  std::vector<bool> read_done_;
  std::uint64_t reads_served_ = 0;
};

}  // namespace tenon::raft::sim
