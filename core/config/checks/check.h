#pragma once

#include <vector>

#include "config/config_error.h"
#include "config/json/value.h"

namespace tenon::config {

// Checks one source against the descriptor table, by itself: unknown keys, types, bounds, choices, rules,
// names. Each fault is added to `errors`, and the member that has it is taken out of `root`, so that what is
// left can be merged and checked further. `null` passes everywhere outside of lists: it unsets (merge.h).
void check_source(Value& root, std::vector<ConfigError>& errors);

}  // namespace tenon::config
