#include "node/operate/config/log_desk.h"

namespace tenon::node {

namespace events = observe::events;
using observe::LogArea;
using observe::LogLevel;

namespace {

constexpr LogLevel all_levels[] = {LogLevel::trace, LogLevel::debug, LogLevel::info,
                                   LogLevel::warn,  LogLevel::error, LogLevel::off};

std::optional<LogLevel> level_named(std::string_view name) {
  for (const LogLevel level : all_levels)
    if (observe::to_string(level) == name) return level;
  return std::nullopt;
}

}  // namespace

void LogDesk::configure(LogLevel level) {
  const std::lock_guard lock(mutex_);
  configured_ = level;
  ++version_;
  for (std::size_t i = 0; i < until_ns_.size(); ++i)
    if (until_ns_[i] == 0) log_.set_level(static_cast<LogArea>(i), level);
}

void LogDesk::tick() {
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < until_ns_.size(); ++i) {
    if (until_ns_[i] == 0 || clock_.mono_ns() < until_ns_[i]) continue;
    until_ns_[i] = 0;
    ++version_;
    log_.set_level(static_cast<LogArea>(i), configured_);
  }
}

admin::LogLevels LogDesk::levels() const {
  const std::lock_guard lock(mutex_);
  admin::LogLevels levels;
  levels.version = version_;
  for (std::size_t i = 0; i < until_ns_.size(); ++i) {
    const auto area = static_cast<LogArea>(i);
    const MonoNs rest = std::max<MonoNs>(until_ns_[i] - clock_.mono_ns(), 0);
    levels.areas.push_back({std::string(observe::to_string(area)),
                            std::string(observe::to_string(log_.level(area))),
                            std::string(observe::to_string(configured_)),
                            static_cast<std::uint64_t>((rest + ns_per_s - 1) / ns_per_s)});
  }
  return levels;
}

Status LogDesk::set_level(const admin::LogLevelChange& change) {
  const auto wanted = level_named(change.level);
  if (!wanted)
    return Error{Errc::invalid,
                 "there is no level \"" + change.level + "\": trace, debug, info, warn, error, off"};
  const auto only = observe::find_log_area(change.area);
  if (!only && change.area != "all")
    return Error{Errc::invalid, "the log has no area \"" + change.area + "\", and it is not \"all\""};
  {
    const std::lock_guard lock(mutex_);
    if (change.version && change.version != version_)
      return Error{Errc::exists, "the levels have version " + std::to_string(version_) + ", not " +
                                     std::to_string(*change.version) + ": look again"};
    ++version_;
    for (std::size_t i = 0; i < until_ns_.size(); ++i) {
      if (only && *only != static_cast<LogArea>(i)) continue;
      until_ns_[i] = change.duration_s ? clock_.mono_ns() + std::int64_t{*change.duration_s} * ns_per_s : 0;
      log_.set_level(static_cast<LogArea>(i), *wanted);
    }
  }
  log_.write(events::node_log_level_changed, "the log says more or less from now on",
             {{"log_area", change.area},
              {"log_level", change.level},
              {"for_s", std::uint64_t{change.duration_s.value_or(0)}},
              {"by", change.by}});
  return {};
}

}  // namespace tenon::node
