#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::observe {

enum class HealthState : std::uint8_t {
  ok,
  degraded,  // works, but somebody should look
  failed,    // can't do its work: the node is not ready
};

std::string_view to_string(HealthState state);

struct HealthCondition {
  std::string name;  // "node", "plugin.auth-file", ...
  HealthState state = HealthState::ok;
  std::string reason;  // one sentence; empty with ok
};

// The condition that is failed while a store that every client needs is closed by damage, and nobody else has
// what it held. No start mends it, so /healthz tells everybody, too; its reason names no files.
inline constexpr std::string_view damage_condition = "damage";

struct HealthReport {
  bool ready = false;                       // no condition is failed
  std::vector<HealthCondition> conditions;  // by name
};

// The named conditions that make up the health of a node. Any thread.
class Health {
 public:
  // Sets or adds a condition. True when its state is another than before: the caller may want to log it.
  bool set(std::string_view name, HealthState state, std::string_view reason = {});
  void remove(std::string_view name);

  // A node without any condition is not ready: it has not begun to start.
  HealthReport report() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, HealthCondition, std::less<>> conditions_;
};

}  // namespace tenon::observe
