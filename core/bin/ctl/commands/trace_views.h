#pragma once

#include <string>

#include "base/result.h"

namespace tenon::ctl {

Result<std::string> trace_begun_view(const std::string& json);
Result<std::string> traces_view(const std::string& json);
Result<std::string> trace_view(const std::string& json);
Result<std::string> trace_stopped_view(const std::string& json);

}  // namespace tenon::ctl
