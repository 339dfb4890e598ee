#pragma once

#include <cstdint>
#include <deque>
#include <initializer_list>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/replica.h"

namespace tenon::raft {

// A few replicas under the hand of a test: nothing moves but what it asks for. Nodes are numbered from 1.
//
// Messages wait on the wire until they are delivered, in their order; writes wait on slow disks until they
// are completed, elsewhere they are done at once.
class Stage {
 public:
  // Founders 1 to `voters`; all logs begin at 1@1.
  explicit Stage(std::uint32_t voters, Options options = quick());

  // Short time-outs, no quiescence; pre-vote and check-quorum are on.
  static Options quick();

  // One more node, that nobody knows yet; its number.
  std::uint32_t add_empty();

  // One more node, taken in as a learner by `leader` and filled; its number.
  std::uint32_t add_learner(std::uint32_t leader);

  // Replaces a node by one whose log has entries of these terms from index 2 on, and that has seen `term`.
  void set_log(std::uint32_t node, const std::vector<Term>& terms, Term term);

  sim::Replica& replica(std::uint32_t node) { return nodes_[node - 1].replica; }
  Group& group(std::uint32_t node) { return replica(node).group(); }
  std::uint32_t size() const { return static_cast<std::uint32_t>(nodes_.size()); }
  static NodeId id(std::uint32_t node) { return NodeId{node}; }

  // ---- Moving things on

  // Hands over what the node has ready: after any input to its group that did not come through the stage.
  void run(std::uint32_t node);

  // Delivers what is on the wire, and what comes of it, until nothing moves.
  void settle();
  // Delivers the oldest message for which `wanted` holds. False when there is none.
  template <typename Wanted>
  bool deliver_one(Wanted&& wanted);

  void tick(std::uint32_t node, std::uint32_t times = 1);
  void tick_all(std::uint32_t times = 1);  // and settles after each
  bool campaign(std::uint32_t node);       // and settles; whether it leads now
  ProposeResult propose(std::uint32_t node, std::string_view text);
  ProposeResult change(std::uint32_t node, std::initializer_list<std::uint32_t> voters,
                       std::initializer_list<std::uint32_t> learners = {});
  void step(std::uint32_t node, Message message);

  // ---- Disks, crashes and the network

  void slow_disk(std::uint32_t node) { nodes_[node - 1].slow = true; }
  void complete_write(std::uint32_t node);
  void quick_disk(std::uint32_t node);  // and completes what is pending
  void crash(std::uint32_t node, std::size_t kept_writes = 0);
  void restart(std::uint32_t node);
  void install(std::uint32_t node);  // the snapshot that it wants, from whom it was offered

  void cut(std::uint32_t from, std::uint32_t to) { cut_.insert({from, to}); }
  void isolate(std::uint32_t node);
  void heal() { cut_.clear(); }
  void drop_all() { wire_.clear(); }
  // Takes the messages of a type off the wire.
  std::vector<Message> take(MessageType type);
  const std::deque<Message>& wire() const { return wire_; }

  // ---- What became of it

  std::vector<Term> log_terms(std::uint32_t node);  // from index 2 on, as durable
  const std::vector<ReadResult>& reads(std::uint32_t node) { return nodes_[node - 1].reads; }
  const std::vector<Entry>& applied(std::uint32_t node) { return nodes_[node - 1].applied; }

  // What happened since the last call, in the words of describe().
  std::string take_trace() { return std::exchange(trace_, {}); }

 private:
  struct Node {
    sim::Replica replica;
    bool slow = false;
    std::vector<ReadResult> reads;
    std::vector<Entry> applied;
  };

  void send(const Message& message);
  void deliver(Message message);

  Options options_;
  SnapshotMeta base_;
  std::deque<Node> nodes_;
  std::deque<Message> wire_;
  std::set<std::pair<std::uint32_t, std::uint32_t>> cut_;
  std::string trace_;
  std::uint64_t lives_ = 0;
};

template <typename Wanted>
bool Stage::deliver_one(Wanted&& wanted) {
  for (auto at = wire_.begin(); at != wire_.end(); ++at) {
    if (!wanted(*at)) continue;
    Message message = *at;
    wire_.erase(at);
    deliver(std::move(message));
    return true;
  }
  return false;
}

}  // namespace tenon::raft
