#include "sim/checkers/connection_checker.h"

#include <algorithm>

namespace tenon::sim {
namespace {

// Nodes' clocks may differ by so much, and tell apart what is further away.
constexpr std::int64_t clocks_ns = 500 * ns_per_ms;

}  // namespace

void ConnectionChecker::on_connected(std::uint64_t number, const std::string& client_id, std::uint32_t node) {
  connections_[number] = {client_id, node, State::waiting, -1};
  by_client_[client_id].push_back(number);
}

void ConnectionChecker::on_live(std::uint64_t number) {
  Connection& one = connections_.at(number);
  one.live_ns = world_.now_ns();
  ++live_count_;
  if (one.state == State::waiting) one.state = State::live;
}

void ConnectionChecker::on_taken_over(std::uint64_t number) {
  Connection& one = connections_.at(number);
  ++taken_over_count_;
  one.state = State::taken_over;
  // One that waits gives way to those that wait behind it.
  if (one.live_ns < 0) return;
  const auto& all = by_client_.at(one.client_id);
  const bool has_newer = std::any_of(all.begin(), all.end(), [&](std::uint64_t other) {
    const Connection& that = connections_.at(other);
    // It waited there, and its client may have left it meanwhile.
    const bool waited_behind = that.node == one.node && other > number && that.live_ns < 0;
    return other != number && (waited_behind || that.live_ns > one.live_ns - clocks_ns);
  });
  if (!has_newer)
    world_.fail("the connection of " + one.client_id + " at node " + std::to_string(one.node) +
                " was ended for an older one");
}

void ConnectionChecker::on_over(std::uint64_t number) {
  Connection& one = connections_.at(number);
  if (one.state != State::taken_over) one.state = State::over;
}

void ConnectionChecker::on_node_down(std::uint32_t node) {
  // Those, too, that gave way there to one that is lost with the node, of which nobody may have heard.
  for (auto& [number, one] : connections_)
    if (one.node == node) one.state = State::over;
}

void ConnectionChecker::look_at_healed_world() {
  for (const auto& [client_id, numbers] : by_client_) {
    MonoNs last_ns = -1;
    std::vector<const Connection*> live;
    for (const std::uint64_t number : numbers) {
      const Connection& one = connections_.at(number);
      if (one.state != State::over) last_ns = std::max(last_ns, one.live_ns);
      if (one.state == State::live) live.push_back(&one);
    }
    if (live.size() > 1)
      world_.fail(client_id + " has connections at node " + std::to_string(live[0]->node) + " and at node " +
                  std::to_string(live[1]->node) + " though the world is whole");
    else if (live.size() == 1 && live[0]->live_ns < last_ns - clocks_ns)
      world_.fail("what is sent to " + client_id + " goes to node " + std::to_string(live[0]->node) +
                  ", where it was before");
  }
}

}  // namespace tenon::sim
