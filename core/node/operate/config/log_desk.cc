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
  for (std::size_t i = 0; i < until_ns_.size(); ++i)
    if (until_ns_[i] == 0) log_.set_level(static_cast<LogArea>(i), level);
}

void LogDesk::tick() {
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < until_ns_.size(); ++i) {
    if (until_ns_[i] == 0 || clock_.mono_ns() < until_ns_[i]) continue;
    until_ns_[i] = 0;
    log_.set_level(static_cast<LogArea>(i), configured_);
  }
}

std::vector<admin::LogAreaStatus> LogDesk::levels() const {
  const std::lock_guard lock(mutex_);
  std::vector<admin::LogAreaStatus> areas;
  for (std::size_t i = 0; i < until_ns_.size(); ++i) {
    const auto area = static_cast<LogArea>(i);
    const MonoNs rest = std::max<MonoNs>(until_ns_[i] - clock_.mono_ns(), 0);
    areas.push_back({std::string(observe::to_string(area)), std::string(observe::to_string(log_.level(area))),
                     std::string(observe::to_string(configured_)),
                     static_cast<std::uint64_t>((rest + ns_per_s - 1) / ns_per_s)});
  }
  return areas;
}

Status LogDesk::set_level(const std::string& area, const std::string& level,
                          std::optional<std::uint32_t> duration_s, const std::string& by) {
  const auto wanted = level_named(level);
  if (!wanted)
    return Error{Errc::invalid, "there is no level \"" + level + "\": trace, debug, info, warn, error, off"};
  const auto only = observe::find_log_area(area);
  if (!only && area != "all")
    return Error{Errc::invalid, "the log has no area \"" + area + "\", and it is not \"all\""};
  {
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < until_ns_.size(); ++i) {
      if (only && *only != static_cast<LogArea>(i)) continue;
      until_ns_[i] = duration_s ? clock_.mono_ns() + std::int64_t{*duration_s} * ns_per_s : 0;
      log_.set_level(static_cast<LogArea>(i), *wanted);
    }
  }
  log_.write(events::node_log_level_changed, "the log says more or less from now on",
             {{"log_area", area},
              {"log_level", level},
              {"for_s", std::uint64_t{duration_s.value_or(0)}},
              {"by", by}});
  return {};
}

}  // namespace tenon::node
