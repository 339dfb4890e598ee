#include "sim/faults/recovery_drill.h"

#include <algorithm>
#include <utility>

namespace tenon::sim {
namespace {

constexpr std::int64_t look_interval_ns = 200 * ns_per_ms;
// A recovery that does not come to its end by then is given up.
constexpr std::int64_t recover_patience_ns = 30 * ns_per_s;

}  // namespace

RecoveryDrill::RecoveryDrill(World& world, Network& network, const Nodes& nodes)
    : world_(world),
      network_(network),
      nodes_(nodes),
      random_(world.random_for("drill")),
      homecoming_(world, nodes, random_) {}

void RecoveryDrill::look_later() {
  world_.events().after(look_interval_ns, [this] { look(); });
}

void RecoveryDrill::begin(std::int64_t away_ns) {
  if (phase_ != Phase::none || is_healed_ ||
      !std::all_of(nodes_.begin(), nodes_.end(), [](const auto& node) { return node->is_up(); }))
    return;
  phase_ = Phase::lost;
  away_ns_ = away_ns;
  recovered_.clear();
  lost_.clear();
  while (lost_.size() * 2 <= nodes_.size())
    lost_.insert(static_cast<std::uint32_t>(random_.below(nodes_.size())));
  for (const std::uint32_t place : lost_)
    nodes_[place]->crash(random_.percent(50) ? CrashKind::power : CrashKind::torn_write);
  next_phase_ns_ = world_.now_ns() + recover_patience_ns;
  look_later();
}

void RecoveryDrill::heal() {
  is_healed_ = true;
  is_cut_off_ = false;
}

void RecoveryDrill::look() {
  switch (phase_) {
    case Phase::none:
      return;
    case Phase::lost:
      if (is_healed_ || recover() || world_.now_ns() >= next_phase_ns_) {
        phase_ = Phase::away;
        next_phase_ns_ = world_.now_ns() + away_ns_;
      }
      break;
    case Phase::away:
      if (is_healed_ || world_.now_ns() >= next_phase_ns_) bring_back();
      break;
    case Phase::back:
      if (world_.now_ns() < next_phase_ns_ && !is_healed_) break;
      cut_off(false);
      if (homecoming_.step()) phase_ = Phase::none;
      break;
  }
  look_later();
}

bool RecoveryDrill::recover() {
  std::set<std::uint64_t> numbers;
  for (const auto& node : nodes_) {
    if (!node->is_up() || is_lost(*node)) continue;
    std::vector<kv::RangeId> ranges;
    node->keeper().replicas().each([&](const store::Replica& replica) {
      numbers.insert(replica.id().number);
      if (!recovered_.contains(replica.id().number)) ranges.push_back(replica.id());
    });
    for (const kv::RangeId& range : ranges)
      if (random_.percent(30)) recover(*node, range);
  }
  return !numbers.empty() && recovered_.size() >= numbers.size();
}

// As long as it has a leader, as far as anybody thinks, it is refused.
void RecoveryDrill::recover(SimNode& node, const kv::RangeId& range) {
  if (!asked_.insert(range).second) return;
  node.recover({range, random_.next()}, [this, range](const std::optional<store::Answer>& answer) {
    asked_.erase(range);
    if (answer) world_.trace().note("recover.answer", {range.number}, answer->text);
    if (answer && answer->code == store::AnswerCode::done) recovered_.insert(range.number);
  });
}

void RecoveryDrill::bring_back() {
  phase_ = Phase::back;
  if (!is_healed_ && random_.percent(50)) cut_off(true);
  next_phase_ns_ = world_.now_ns() + draw_delay_ns(random_, ns_per_s, 8 * ns_per_s);
  for (const std::uint32_t place : lost_)
    world_.events().after(draw_delay_ns(random_, ns_per_ms, 500 * ns_per_ms),
                          [&node = *nodes_[place]] { node.start(); });
}

void RecoveryDrill::cut_off(bool is_cut) {
  if (std::exchange(is_cut_off_, is_cut) == is_cut) return;
  for (std::uint32_t from = 0; from < nodes_.size(); ++from)
    for (std::uint32_t to = 0; to < nodes_.size(); ++to) {
      if (lost_.contains(from) == lost_.contains(to)) continue;
      if (is_cut)
        network_.block(from, to);
      else
        network_.unblock(from, to);
    }
}

}  // namespace tenon::sim
