#pragma once

#include <array>
#include <cstdint>
#include <mutex>

#include "admin/sources/config_source.h"
#include "base/clock.h"
#include "config/settings.h"
#include "observe/log/log.h"

namespace tenon::node {

// Levels of the log that operators change while the node runs. Any thread.
class LogDesk final : public admin::LogSource {
 public:
  // Both outlive it. `configured` is the level that the log has everywhere.
  LogDesk(observe::Log& log, const Clock& clock, observe::LogLevel configured)
      : log_(log),
        clock_(clock),
        configured_(configured),
        version_(static_cast<std::uint64_t>(clock.unix_ms())) {}

  // A configuration was read again: what operators have said for a while goes on, the rest is over.
  void configure(observe::LogLevel level);
  // Each second: what was said for a while ends.
  void tick();

  admin::LogLevels levels() const override;
  Status set_level(const admin::LogLevelChange& change) override;

 private:
  observe::Log& log_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  observe::LogLevel configured_;
  std::uint64_t version_;  // begins with the date, so that another run has others
  std::array<MonoNs, observe::log_area_count> until_ns_{};  // 0: without end
};

}  // namespace tenon::node
