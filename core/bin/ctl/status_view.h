#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tenon::ctl {

// The answer of GET /api/v1/status as text for people. Failure: internal, when it is not such an answer.
Result<std::string> status_view(std::string_view json);

// "3 d 4 h", "2 h 5 min", "7 min 1 s", "12 s"
std::string duration_text(std::int64_t seconds);

}  // namespace tenon::ctl
