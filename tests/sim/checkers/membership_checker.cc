#include "sim/checkers/membership_checker.h"

#include <algorithm>
#include <string>

namespace tenon::sim {
namespace {

using cluster::NodeState;

// A dial that nobody answers, the pause behind it, a handshake, and some.
constexpr std::int64_t taken_in_ns = 12 * ns_per_s;
// Until a node that all heard before is gone for all of them: the time that it may be silent, and some.
constexpr std::int64_t soon_gone_ns = 5 * ns_per_s;
// The same of any: the link of whoever hears of it last has to be silent for long enough, twice, once for
// itself, and once for whoever heard of the node only then.
constexpr std::int64_t found_gone_ns = 8 * ns_per_s;

// What is left of the time that a node may be silent for one that stood still while it was just no suspect.
constexpr std::int64_t patience_ns = 900 * ns_per_ms;

std::string text_of(const std::optional<NodeState>& state) {
  return state ? std::string(to_string(*state)) : "unknown";
}

}  // namespace

void MembershipChecker::add_node(const NetworkEnd& end) {
  nodes_.emplace_back().end = &end;
  for (Node& node : nodes_) node.opinions.resize(nodes_.size());
  pairs_.assign(nodes_.size() * nodes_.size(), {});
}

void MembershipChecker::on_node_up(std::uint32_t node, std::uint64_t incarnation) {
  Node& one = nodes_[node];
  one.is_up = true;
  one.incarnation = incarnation;
  one.since_ns = world_.now_ns();
  one.resumed_ns = never;
  one.opinions.assign(nodes_.size(), {});
}

void MembershipChecker::on_node_resumed(std::uint32_t node) {
  Node& one = nodes_[node];
  one.since_ns = one.resumed_ns = resumed_ns_ = world_.now_ns();
  for (Opinion& opinion : one.opinions) opinion.was_alive = opinion.state == NodeState::alive;
}

void MembershipChecker::on_node_down(std::uint32_t node) {
  Node& one = nodes_[node];
  one.is_up = false;
  one.since_ns = world_.now_ns();
  one.was_heard = true;
  for (std::uint32_t other = 0; other < nodes_.size(); ++other) {
    const Pair& both = pair(node, other);
    const bool is_blocked = both.blocked[0] || both.blocked[1];
    if (is_blocked || one.since_ns - both.since_ns < soon_gone_ns) one.was_heard = false;
  }
}

void MembershipChecker::on_way(std::uint32_t from, std::uint32_t to, bool is_free) {
  if (from == to) return;
  Pair& both = pair(from, to);
  bool& is_blocked = both.blocked[from < to ? 0 : 1];
  if (is_blocked != is_free) return;
  is_blocked = !is_free;
  both.since_ns = world_.now_ns();
}

void MembershipChecker::on_reset(std::uint32_t a, std::uint32_t b) {
  pair(a, b).since_ns = world_.now_ns();
}

void MembershipChecker::fail(std::uint32_t at, std::uint32_t other, const std::string& what) {
  world_.fail("at node " + std::to_string(at) + ", node " + std::to_string(other) + " " + what);
}

void MembershipChecker::on_peer_up(std::uint32_t at, std::uint32_t other, std::uint64_t incarnation,
                                   std::uint64_t wire_life) {
  Opinion& opinion = nodes_[at].opinions[other];
  if (opinion.linked_incarnation != 0) fail(at, other, "is linked twice");
  if (wire_life != 0 && wire_life != incarnation)
    fail(at, other, "says that it is its start " + std::to_string(incarnation) + ", and is another");
  opinion.linked_incarnation = incarnation;
}

void MembershipChecker::on_peer_down(std::uint32_t at, std::uint32_t other) {
  Opinion& opinion = nodes_[at].opinions[other];
  if (opinion.linked_incarnation == 0) fail(at, other, "has lost a link that it had not");
  opinion.linked_incarnation = 0;
}

void MembershipChecker::on_message(std::uint32_t at, std::uint32_t from, std::uint64_t wire_life) {
  const Opinion& opinion = nodes_[at].opinions[from];
  if (wire_life != 0 && wire_life != opinion.linked_incarnation)
    fail(at, from,
         "speaks as start " + std::to_string(wire_life) + " while its start " +
             std::to_string(opinion.linked_incarnation) + " is linked");
}

void MembershipChecker::on_state(std::uint32_t at, std::uint32_t other,
                                 const cluster::FailureDetector::Change& change) {
  Node& one = nodes_[at];
  Opinion& opinion = one.opinions[other];
  if (!opinion.state) opinion.known_ns = world_.now_ns();
  opinion.state = change.state;
  if (change.state == NodeState::gone && opinion.was_alive && one.resumed_ns != never &&
      world_.now_ns() - one.resumed_ns < patience_ns)
    fail(at, other, "is gone as soon as the node goes on, which stood still itself");
  if (change.state == NodeState::gone) ++gone_count_;
  if (change.state == NodeState::alive && change.witness != cluster::NodeId::none) ++witnessed_count_;
  if (change.incarnation > nodes_[other].incarnation) fail(at, other, "has not been started so often");
  look_at(at, other);
}

MonoNs MembershipChecker::calm_since(std::uint32_t a, std::uint32_t b) {
  const Pair& both = pair(a, b);
  if (!is_well(a) || !is_well(b) || both.blocked[0] || both.blocked[1]) return never;
  return std::max({both.since_ns, nodes_[a].since_ns, nodes_[b].since_ns});
}

MonoNs MembershipChecker::reached_since(std::uint32_t at, std::uint32_t other) {
  MonoNs since_ns = calm_since(at, other);
  for (std::uint32_t third = 0; third < nodes_.size(); ++third)
    if (third != at && third != other)
      since_ns = std::min(since_ns, std::max(calm_since(at, third), calm_since(third, other)));
  return since_ns;
}

void MembershipChecker::look_at(std::uint32_t at, std::uint32_t other) {
  const MonoNs now_ns = world_.now_ns();
  const std::optional<NodeState>& state = nodes_[at].opinions[other].state;
  const MonoNs reached_ns = reached_since(at, other);
  // A suspect is asked for; that is no verdict.
  const bool is_taken_in = state == NodeState::alive || state == NodeState::suspect;
  if (reached_ns != never && now_ns - reached_ns > taken_in_ns && !is_taken_in)
    fail(at, other, "is well and could be heard for long, and is " + text_of(state));
  const MonoNs down_ns = nodes_[other].since_ns;
  const MonoNs known_ns = std::max({down_ns, nodes_[at].since_ns, resumed_ns_});
  const bool was_heard =
      nodes_[other].was_heard && nodes_[at].opinions[other].known_ns < down_ns && resumed_ns_ < down_ns;
  const std::int64_t gone_ns = was_heard ? soon_gone_ns : found_gone_ns;
  const bool is_given_up = !state || state == NodeState::gone || state == NodeState::left;
  if (is_well(at) && !nodes_[other].is_up && now_ns - known_ns > gone_ns && !is_given_up)
    fail(at, other, "is down for long, and is " + text_of(state));
}

void MembershipChecker::look() {
  for (std::uint32_t at = 0; at < nodes_.size(); ++at)
    for (std::uint32_t other = 0; other < nodes_.size(); ++other)
      if (at != other) look_at(at, other);
}

void MembershipChecker::look_at_healed_world() {
  for (std::uint32_t at = 0; at < nodes_.size(); ++at)
    for (std::uint32_t other = 0; other < nodes_.size(); ++other) {
      if (at == other) continue;
      const Opinion& opinion = nodes_[at].opinions[other];
      const MonoNs calm_ns = calm_since(at, other);
      if (calm_ns == never || world_.now_ns() - calm_ns < taken_in_ns) continue;
      if (opinion.state != NodeState::alive)
        fail(at, other, "is " + text_of(opinion.state) + " though the world is whole");
      else if (opinion.linked_incarnation != nodes_[other].incarnation)
        fail(at, other, "is not linked by its latest start though the world is whole");
    }
}

}  // namespace tenon::sim
