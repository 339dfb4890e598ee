#pragma once

#include <string>

#include "base/result.h"

namespace tenon::ctl {

Result<std::string> bans_view(const std::string& json);
Result<std::string> ban_view(const std::string& json);
Result<std::string> ban_set_view(const std::string& json);

}  // namespace tenon::ctl
