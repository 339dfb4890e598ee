#pragma once

#include <string>

#include "base/result.h"

// What people see of answers about sessions. Pure; answers of another shape throw nlohmann's exceptions.

namespace tenon::ctl {

Result<std::string> sessions_view(const std::string& json);
Result<std::string> session_view(const std::string& json);
Result<std::string> routes_view(const std::string& json);
Result<std::string> kicked_view(const std::string& json);
Result<std::string> ended_view(const std::string& json);
Result<std::string> existed_view(const std::string& json);

}  // namespace tenon::ctl
