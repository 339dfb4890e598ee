#include "sim/checkers/ack_all_checker.h"

#include <string>

namespace tenon::sim {

void AckAllChecker::on_peer_state(std::uint32_t node, std::uint64_t other, bool is_up) {
  if (is_up)
    linked_[node].insert(other);
  else
    linked_[node].erase(other);
}

void AckAllChecker::on_answered(std::uint32_t node, const store::Request& request,
                                const store::Answer& answer) {
  using Kind = store::Request::Kind;
  const bool is_command = request.kind == Kind::append || request.kind == Kind::command;
  if (!is_command || request.many || answer.code != store::AnswerCode::done) return;
  if (answer.leader != nodes_[node] || answer.index == 0) return;
  for (const kv::RangeRecord& range : ranges_)
    if (range.descriptor.store == request.store && range.descriptor.holds(request.key))
      look(node, range.id, answer.index);
}

void AckAllChecker::look(std::uint32_t leader, const kv::RangeId& range, std::uint64_t index) {
  const MemberLog* own = logs_.durable(leader, range);
  if (own == nullptr || index <= own->base.index) return;
  ++looked_at_count_;
  const std::uint64_t term = own->term_at(index);
  for (const std::uint64_t voter : own->deciders().voters) {
    const auto place = logs_.place_of(voter);
    if (!place) continue;
    if (*place != leader && !linked_[leader].contains(voter)) {
      ++excused_count_;
      continue;
    }
    const MemberLog* log = logs_.durable(*place, range);
    if (log == nullptr || !log->holds(index, term))
      world_.fail("node " + std::to_string(leader) + " says that entry " + std::to_string(index) +
                  " of range " + std::to_string(range.number) + " is done, and node " +
                  std::to_string(*place) + ", a voter to which it has a link, does not have it on its disk");
  }
}

}  // namespace tenon::sim
