#include "sim/faults/silence_drill.h"

#include <algorithm>

namespace tenon::sim {
namespace {

constexpr std::int64_t look_interval_ns = 200 * ns_per_ms;
// What can't be recovered by then is not.
constexpr std::int64_t recover_patience_ns = 15 * ns_per_s;
// Behind it, what is provisional still is to be confirmed.
constexpr std::int64_t back_patience_ns = 20 * ns_per_s;

}  // namespace

SilenceDrill::SilenceDrill(World& world, Network& network, const Nodes& nodes)
    : world_(world),
      network_(network),
      nodes_(nodes),
      random_(world.random_for("silence")),
      homecoming_(world, nodes, random_) {}

void SilenceDrill::look_later() {
  world_.events().after(look_interval_ns, [this] { look(); });
}

void SilenceDrill::go_on_to(Phase phase, std::int64_t for_ns) {
  phase_ = phase;
  next_phase_ns_ = world_.now_ns() + for_ns;
}

void SilenceDrill::begin(std::int64_t away_ns) {
  if (phase_ != Phase::none || is_healed_ ||
      !std::all_of(nodes_.begin(), nodes_.end(), [](const auto& node) { return node->is_up(); }))
    return;
  away_ns_ = away_ns;
  recovered_.clear();
  side_.clear();
  const std::size_t count = 1 + random_.below((nodes_.size() - 1) / 2);
  while (side_.size() < count) side_.insert(static_cast<std::uint32_t>(random_.below(nodes_.size())));
  cut(side_);
  go_on_to(Phase::cut, recover_patience_ns);
  look_later();
}

void SilenceDrill::heal() {
  is_healed_ = true;
  blocked_.clear();
}

void SilenceDrill::cut(const std::set<std::uint32_t>& side) {
  mend();
  for (std::uint32_t from = 0; from < nodes_.size(); ++from)
    for (std::uint32_t to = 0; to < nodes_.size(); ++to) {
      if (side.contains(from) == side.contains(to)) continue;
      network_.block(from, to);
      blocked_.emplace(from, to);
    }
}

void SilenceDrill::mend() {
  for (const auto& [from, to] : std::exchange(blocked_, {})) network_.unblock(from, to);
}

void SilenceDrill::look() {
  const bool is_time = is_healed_ || world_.now_ns() >= next_phase_ns_;
  switch (phase_) {
    case Phase::none:
      return;
    case Phase::cut:
      if (is_time || recover()) go_on_to(Phase::away, away_ns_);
      break;
    case Phase::away:
      if (is_time) move();
      break;
    case Phase::moved:
      if (!is_time) break;
      mend();
      for (const auto& node : nodes_) node->start();
      go_on_to(Phase::back, back_patience_ns);
      break;
    case Phase::back:
      // One that was asked for before the world was whole may make its range provisional yet.
      if (is_recovering()) break;
      if (is_any_provisional()) {
        if (world_.now_ns() >= next_phase_ns_) confirm();
      } else if (homecoming_.step()) {
        phase_ = Phase::none;
      }
      break;
  }
  look_later();
}

// As long as a range has a leader, as far as anybody there thinks, it is refused.
bool SilenceDrill::recover() {
  std::set<std::uint64_t> numbers;
  for (const std::uint32_t place : side_) {
    SimNode& node = *nodes_[place];
    if (!node.is_up()) continue;
    std::vector<kv::RangeId> ranges;
    node.keeper().replicas().each([&](const store::Replica& replica) {
      numbers.insert(replica.id().number);
      if (!recovered_.contains(replica.id().number)) ranges.push_back(replica.id());
    });
    for (const kv::RangeId& range : ranges)
      if (random_.percent(30)) recover(node, range, true);
  }
  return !numbers.empty() && recovered_.size() >= numbers.size();
}

void SilenceDrill::recover(SimNode& node, const kv::RangeId& range, bool by_silence) {
  if (!asked_.insert(range).second) return;
  node.recover({range, random_.next(), by_silence},
               [this, range](const std::optional<store::Answer>& answer) {
                 asked_.erase(range);
                 if (answer) world_.trace().note("silence.answer", {range.number}, answer->text);
                 if (answer && answer->code == store::AnswerCode::done) recovered_.insert(range.number);
               });
}

// One of the majority comes over to the other side, or some of them die, or neither.
void SilenceDrill::move() {
  mend();
  std::vector<std::uint32_t> majority;
  for (std::uint32_t place = 0; place < nodes_.size(); ++place)
    if (!side_.contains(place)) majority.push_back(place);
  const std::uint32_t one = majority[random_.below(majority.size())];
  if (!is_healed_ && random_.percent(40)) {
    std::set<std::uint32_t> side = side_;
    side.insert(one);
    cut(side);
  }
  if (!is_healed_ && random_.percent(40))
    for (const std::uint32_t place : majority)
      if (random_.percent(40)) nodes_[place]->crash(random_.percent(50) ? CrashKind::power : CrashKind::kill);
  go_on_to(Phase::moved, draw_delay_ns(random_, ns_per_s, 12 * ns_per_s));
}

bool SilenceDrill::is_recovering() const {
  bool found = !asked_.empty();
  for (const auto& node : nodes_) {
    if (!node->is_up()) continue;
    node->keeper().replicas().each(
        [&](const store::Replica& replica) { found = found || replica.is_at_end(); });
  }
  return found;
}

bool SilenceDrill::is_any_provisional() const {
  bool found = false;
  for (const auto& node : nodes_) {
    if (!node->is_up()) return true;
    node->keeper().replicas().each(
        [&](const store::Replica& replica) { found = found || replica.range().is_provisional(); });
  }
  return found;
}

void SilenceDrill::confirm() {
  for (const auto& node : nodes_) {
    if (!node->is_up()) continue;
    std::vector<kv::RangeId> ranges;
    node->keeper().replicas().each([&](const store::Replica& replica) {
      if (replica.range().is_provisional()) ranges.push_back(replica.id());
    });
    for (const kv::RangeId& range : ranges)
      if (random_.percent(30)) recover(*node, range, false);
  }
}

}  // namespace tenon::sim
