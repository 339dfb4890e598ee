#pragma once

#include <string>

#include "base/result.h"

// What people see of answers about messages. As session_views.h.

namespace tenon::ctl {

Result<std::string> published_view(const std::string& json);
Result<std::string> retained_list_view(const std::string& json);
Result<std::string> retained_view(const std::string& json);
Result<std::string> deleted_view(const std::string& json);

}  // namespace tenon::ctl
