#pragma once

#include <string>

#include "base/result.h"

namespace tenon::ctl {

Result<std::string> config_view(const std::string& json);
Result<std::string> config_diff_view(const std::string& json);
Result<std::string> reload_view(const std::string& json);
Result<std::string> plugins_view(const std::string& json);
Result<std::string> plugin_view(const std::string& json);
Result<std::string> log_levels_view(const std::string& json);

}  // namespace tenon::ctl
