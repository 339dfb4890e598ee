#include "observe/health.h"

#include <algorithm>

namespace tenon::observe {

std::string_view to_string(HealthState state) {
  switch (state) {
    case HealthState::ok:
      return "ok";
    case HealthState::degraded:
      return "degraded";
    case HealthState::failed:
      return "failed";
  }
  return "failed";
}

bool Health::set(std::string_view name, HealthState state, std::string_view reason) {
  const std::lock_guard lock(mutex_);
  const auto it = conditions_.find(name);
  const bool changed = it == conditions_.end() || it->second.state != state;
  conditions_.insert_or_assign(std::string(name),
                               HealthCondition{std::string(name), state, std::string(reason)});
  return changed;
}

void Health::remove(std::string_view name) {
  const std::lock_guard lock(mutex_);
  if (const auto it = conditions_.find(name); it != conditions_.end()) conditions_.erase(it);
}

HealthReport Health::report() const {
  const std::lock_guard lock(mutex_);
  HealthReport report;
  for (const auto& [name, condition] : conditions_) report.conditions.push_back(condition);
  report.ready = !report.conditions.empty() &&
                 std::none_of(report.conditions.begin(), report.conditions.end(),
                              [](const HealthCondition& c) { return c.state == HealthState::failed; });
  return report;
}

}  // namespace tenon::observe
