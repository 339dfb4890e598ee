#pragma once

#include "check.h"

namespace tenon::tools {

std::vector<Check> transport_checks();
std::vector<Check> transport_end_checks();  // behind the former, which they need

}  // namespace tenon::tools
