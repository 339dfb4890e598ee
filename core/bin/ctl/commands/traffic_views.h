#pragma once

#include <string>

#include "base/result.h"

namespace tenon::ctl {

Result<std::string> traffic_view(const std::string& json);
Result<std::string> directive_view(const std::string& json);
Result<std::string> directive_set_view(const std::string& json);
Result<std::string> groups_view(const std::string& json);

}  // namespace tenon::ctl
