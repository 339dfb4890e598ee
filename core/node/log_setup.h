#pragma once

#include <memory>

#include "base/clock.h"
#include "base/result.h"
#include "config/settings.h"
#include "observe/log/log.h"

namespace tenon::node {

// The log that the settings ask for. Failure: its file can't be opened.
Result<std::unique_ptr<observe::Log>> open_log(const Clock& clock, const config::LogSettings& settings);

// What of it can change at run time: level and format.
observe::LogLevel log_level(const config::LogSettings& settings);
void set_log_format(observe::Log& log, const config::LogSettings& settings);

}  // namespace tenon::node
