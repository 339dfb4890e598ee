#pragma once

#include <string>

#include "base/result.h"

// What people see of answers about nodes. Pure; answers of another shape throw nlohmann's exceptions.

namespace tenon::ctl {

Result<std::string> nodes_view(const std::string& json);
Result<std::string> node_detail_view(const std::string& json);
Result<std::string> node_view(const std::string& json);

}  // namespace tenon::ctl
