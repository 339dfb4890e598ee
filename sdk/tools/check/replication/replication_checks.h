#pragma once

#include "check.h"

namespace tenon::tools {

std::vector<Check> replication_checks();

}  // namespace tenon::tools
