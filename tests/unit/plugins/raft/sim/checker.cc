#include "sim/checker.h"

#include "algorithm/parts/quorum.h"

namespace tenon::raft::sim {
namespace {

std::string name(NodeId node) {
  return "n" + std::to_string(static_cast<std::uint64_t>(node));
}

std::string at(Index index, Term term) {
  return std::to_string(index) + "@" + std::to_string(term);
}

}  // namespace

void Checker::fail(std::string what) {
  if (failure_.empty()) failure_ = std::move(what);
}

const Replica& Checker::replica(NodeId node) const {
  for (const Replica& replica : *replicas_) {
    if (replica.id() == node) return replica;
  }
  return replicas_->front();
}

// ---- What replicas do

void Checker::restarted(NodeId node) {
  const DiskLog& disk = replica(node).disk();
  Mirror& mirror = mirrors_[node];
  mirror = {};
  mirror.base = disk.base().index;
  mirror.base_term = disk.base().term;
  std::vector<Entry> entries;
  if (disk.last_index() > mirror.base)
    disk.entries(mirror.base + 1, disk.last_index() + 1, SIZE_MAX, &entries);
  for (const Entry& entry : entries) mirror.terms.push_back(entry.term);
}

void Checker::appended(NodeId node, const std::vector<Entry>& entries) {
  if (entries.empty()) return;
  Mirror& mirror = mirrors_[node];
  const Index first = entries.front().index;
  if (first <= mirror.base || first > mirror.last() + 1)
    return fail(name(node) + " left a gap before its writes");
  mirror.terms.resize(first - mirror.base - 1);
  for (const Entry& entry : entries) {
    check_log_matching(entry, mirror.term(mirror.last()));
    mirror.terms.push_back(entry.term);
  }
}

// Log matching: an index and a term name one entry and, by the entry before it, one log.
void Checker::check_log_matching(const Entry& entry, Term before) {
  const auto [known, is_new] =
      known_.try_emplace({entry.index, entry.term}, before, std::string(entry.payload.view()));
  if (!is_new && known->second != std::pair(before, std::string(entry.payload.view()))) {
    fail("log matching: two logs hold different entries " + at(entry.index, entry.term));
  }
}

void Checker::applied(NodeId node, const Entry& entry, const State& state) {
  const Mirror& mirror = mirrors_[node];
  if (entry.index > mirror.last() || mirror.term(entry.index) != entry.term) {
    return fail(name(node) + " handed out to apply what its log does not hold");
  }
  note_committed(replica(node), entry.index, entry.term);
  check_digest(node, entry.index, state.digest);
}

void Checker::check_digest(NodeId node, Index index, std::uint64_t digest) {
  std::uint64_t& known = committed_[index].digest;
  if (known == 0) known = digest;
  if (known != digest)
    fail("state machine safety: " + name(node) + " differs in its state at " + std::to_string(index));
}

void Checker::installed(NodeId node, const State& state) {
  check_digest(node, state.applied, state.digest);
  Mirror& mirror = mirrors_[node];
  mirror.base = state.meta.index;
  mirror.base_term = state.meta.term;
  mirror.terms.clear();
}

// ---- Reads

std::uint64_t Checker::begin_read() {
  read_floors_.push_back(committed());
  read_done_.push_back(false);
  return read_floors_.size() - 1;
}

void Checker::read(NodeId node, const ReadResult& result) {
  if (read_done_[result.context]) return fail("a read of " + name(node) + " was answered twice");
  read_done_[result.context] = true;
  if (result.status != ReadStatus::ready) return;
  ++reads_served_;
  if (result.index < read_floors_[result.context]) {
    fail("linearizable reads: " + name(node) + " may read at " + std::to_string(result.index) + " though " +
         std::to_string(read_floors_[result.context]) + " was committed when it asked");
  }
}

// ---- After each event

void Checker::check(const Replica& replica) {
  if (!replica.up()) return;
  if (!replica.group().poisoned().empty()) {
    return fail(name(replica.id()) + " is poisoned: " + std::string(replica.group().poisoned()));
  }
  Mirror& mirror = mirrors_[replica.id()];
  if (mirror.last() != replica.group().last_index())
    fail(name(replica.id()) + " did not hand out all of its log");
  if (!failure_.empty()) return;
  check_commit(replica, mirror);
  check_leader(replica, mirror);
}

void Checker::check_commit(const Replica& replica, Mirror& mirror) {
  const Index commit = replica.group().commit();
  if (commit < mirror.commit) return fail(name(replica.id()) + " took back a commit");
  for (Index index = std::max(mirror.commit, mirror.base) + 1; index <= commit; ++index) {
    if (index > mirror.last()) return fail(name(replica.id()) + " committed what it does not have");
    note_committed(replica, index, mirror.term(index));
  }
  mirror.commit = commit;
}

void Checker::note_committed(const Replica& replica, Index index, Term term) {
  const auto [known, is_new] = committed_.try_emplace(index, Committed{term, replica.group().term()});
  if (known->second.term != term) {
    fail("state machine safety: " + name(replica.id()) + " committed " + at(index, term) +
         " where another committed " + at(index, known->second.term));
  }
  if (is_new && replica.group().leading()) check_durable_quorum(replica, index, term);
}

// What a leader commits must be there to stay on a majority, of both configurations when joint.
void Checker::check_durable_quorum(const Replica& leader, Index index, Term term) {
  const bool held = has_quorum(leader.group().configuration(), [&](NodeId node) {
    return replica(node).id() == node && replica(node).disk().holds(index, term);
  });
  if (!held) fail(name(leader.id()) + " committed " + at(index, term) + ", which no majority holds durably");
}

void Checker::check_leader(const Replica& replica, Mirror& mirror) {
  const Term term = replica.group().term();
  if (!replica.group().leading() || mirror.led == term) return;
  mirror.led = term;
  const auto [leader, is_new] = leaders_.try_emplace(term, replica.id());
  if (!is_new) {
    return fail("election safety: " + name(leader->second) + " and " + name(replica.id()) + " led in term " +
                std::to_string(term));
  }
  for (const auto& [index, committed] : committed_) {
    if (index <= mirror.base || committed.seen_in >= term) continue;
    if (index > mirror.last() || mirror.term(index) != committed.term) {
      return fail("leader completeness: " + name(replica.id()) + " leads in term " + std::to_string(term) +
                  " without " + at(index, committed.term));
    }
  }
}

}  // namespace tenon::raft::sim
