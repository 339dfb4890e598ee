#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "sim/node/observer.h"
#include "sim/world/world.h"

namespace tenon::sim {

// When retained messages expire, by the commands that were applied, each once: never before their time by
// that of their range (INV-D7), and some time after it.
class RetainedChecker final : public NodeObserver {
 public:
  explicit RetainedChecker(World& world) : world_(world) {}

  void on_applied(const AppliedCommand& command) override;
  // Messages that will expire.
  std::size_t open_count() const { return expires_ms_.size(); }

 private:
  World& world_;
  std::map<kv::RangeId, std::pair<std::uint64_t, std::uint32_t>> seen_;  // the last index and ordinal
  std::map<std::string, UnixMs> expires_ms_;                             // by topic, of those that do
};

}  // namespace tenon::sim
