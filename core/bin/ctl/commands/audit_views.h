#pragma once

#include <string>

#include "base/result.h"

// What people see of answers about the audit. Pure; answers of another shape throw nlohmann's exceptions.

namespace tenon::ctl {

Result<std::string> audit_view(const std::string& json);

}  // namespace tenon::ctl
