#include "node/marks/drain_work.h"

#include <algorithm>

namespace tenon::node {

void DrainWork::set_mark(const DrainMark* mark, MonoNs now_ns) {
  if (!mark) {
    phase_ = Phase::none;
    return;
  }
  rate_ = std::max(mark->rate, 1u);
  gives_replicas_ = mark->gives_replicas;
  if (phase_ == Phase::none) enter(Phase::leaders, now_ns);
}

void DrainWork::enter(Phase phase, MonoNs now_ns) {
  phase_ = phase;
  since_ns_ = now_ns;
  sent_ns_ = now_ns;
  leaders_ = SIZE_MAX;
}

// Whole ones; the rest of the time counts for the next.
std::size_t DrainWork::due_clients(const Facts& facts) {
  const std::int64_t pause_ns = ns_per_s / rate_;
  const auto due = static_cast<std::size_t>((facts.now_ns - sent_ns_) / pause_ns);
  sent_ns_ += static_cast<std::int64_t>(due) * pause_ns;
  return std::min(due, facts.clients);
}

DrainWork::Step DrainWork::step(const Facts& facts) {
  Step step;
  if (phase_ == Phase::none) return step;
  step.hands_over = true;
  if (phase_ == Phase::leaders) {
    if (facts.is_known && facts.leaders < leaders_) {
      leaders_ = facts.leaders;
      since_ns_ = facts.now_ns;
    }
    const bool is_over = facts.is_known && facts.leaders == 0;
    if (!is_over && facts.now_ns - since_ns_ < leaders_patience_ns) return step;
    enter(Phase::clients, facts.now_ns);
  }
  // In later phases those who were on their way in when it began.
  step.sends_away = due_clients(facts);
  if (phase_ == Phase::clients) {
    if (facts.clients > 0) since_ns_ = facts.now_ns;
    const bool waits_for_links = facts.links > 0 && facts.now_ns - since_ns_ < links_patience_ns;
    if (facts.clients > 0 || waits_for_links) return step;
    if (!gives_replicas_) {
      step.gives_replicas = true;
      return step;
    }
    enter(Phase::replicas, facts.now_ns);
  }
  if (facts.is_known && phase_ == Phase::replicas && facts.replicas == 0) enter(Phase::done, facts.now_ns);
  if (phase_ == Phase::done && facts.is_known && facts.replicas > 0) enter(Phase::replicas, facts.now_ns);
  return step;
}

std::string_view to_string(DrainWork::Phase phase) {
  constexpr std::string_view words[] = {"none", "leaders", "clients", "replicas", "done"};
  return words[static_cast<std::size_t>(phase)];
}

std::optional<DrainWork::Phase> drain_phase_of(std::uint8_t number) {
  if (number > static_cast<std::uint8_t>(DrainWork::Phase::done)) return std::nullopt;
  return static_cast<DrainWork::Phase>(number);
}

}  // namespace tenon::node
