#pragma once

#include <string>

#include "base/result.h"

namespace tenon::ctl {

Result<std::string> reports_view(const std::string& json);

}  // namespace tenon::ctl
