#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "store/links/reach.h"
#include "store/replica/replica_ports.h"
#include "store/request.h"

namespace tenon::store {

class SpreadsPorts {
 public:
  // Request::Kind::applied, of a node or this one. The answer comes to Spreads::on_answer(), later.
  virtual void ask_applied(NodeId node, const RangeId& range, std::string&& entry, std::uint64_t id) = 0;
  virtual void spread_ended(Ticket ticket, Answer&& answer) = 0;
  // As ReplicaPorts.
  virtual void answer(const ReplyTo& to, Answer&& answer) = 0;

 protected:
  ~SpreadsPorts() = default;
};

// Waits until the replicas of other nodes have applied an entry: of commands that are answered only then.
//
// A node that this one has no link to may have one to others, publish there, and be told nothing by a leader
// that it does not reach either. So each node that is asked waits for those, too, which it is linked to and
// the one that asks is not. They do not go on asking: who is reached over two others only is not waited for.
// Nor is a node that nobody here is linked to.
//
// Pure; one thread; no port may call back.
class Spreads {
 public:
  // Tells its questions from those of the range client.
  static constexpr std::uint64_t id_bit = std::uint64_t{1} << 63;

  // Both outlive it. Questions are numbered from `first_id` on.
  Spreads(NodeId self, Reach& reach, SpreadsPorts& ports, std::uint64_t first_id)
      : self_(self), reach_(reach), ports_(ports), next_(first_id) {}

  // `answer` is given when its entry was applied by this node and, with `request.everywhere`, by the others.
  void begin(const Request& request, const RangeId& range, Answer&& answer);
  // Another node asks whether this one has applied an entry. True: there are others that it can't ask; it is
  // answered when they have, too, or as `busy` when that takes long: who still waits asks again, and who has
  // given up is not remembered. Else this node has to answer for itself.
  bool relay(const RangeId& range, std::string_view entry, const ReplyTo& to);
  // `busy`: it is asked again. Everything else ends the wait for that node: who has no replica has nothing to
  // wait for.
  void on_answer(std::uint64_t id, AnswerCode code);
  // Behind Reach::on_peer(), when all were told of that.
  void on_link_lost(NodeId node);
  // Asks again, and ends those whose time is up: some node does not come to it.
  void tick(MonoNs now_ns);
  bool empty() const { return spreads_.empty(); }

 private:
  struct Spread {
    Ticket ticket = Ticket::none;
    ReplyTo relayed_to;  // whose question it is; nobody: a command of this node
    bool everywhere = false;
    MonoNs deadline_ns = 0;  // 0: none
    RangeId range;
    Answer answer;
    std::map<std::uint64_t, NodeId> waits;  // by the id that each was asked as

    bool is_relayed() const { return relayed_to.node != NodeId::none; }
  };
  using SpreadMap = std::map<std::uint64_t, Spread>;

  void ask(std::uint64_t spread_id, NodeId node);
  void ask_by(std::uint64_t ask_id, const Spread& spread, NodeId node);
  void end_wait(std::uint64_t ask_id);
  // What is still answered of it says nothing to anybody.
  Spread take(SpreadMap::iterator spread);
  // `done`: with its own answer.
  void end(SpreadMap::iterator spread, AnswerCode code);

  const NodeId self_;
  Reach& reach_;
  SpreadsPorts& ports_;
  SpreadMap spreads_;
  std::map<std::uint64_t, std::uint64_t> asks_;  // the question's id to its spread
  std::set<std::uint64_t> ask_again_;            // at the next tick
  std::uint64_t next_;
  MonoNs now_ns_ = 0;
};

}  // namespace tenon::store
