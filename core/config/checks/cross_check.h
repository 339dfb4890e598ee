#pragma once

#include <vector>

#include "config/config.h"
#include "config/config_error.h"

namespace tenon::config {

// Checks what one key says against what others say: keys that an entry must have, names that must exist
// elsewhere, addresses that may be taken once. Adds an error for each fault.
// Names are not looked up in a map that `errors` already has faults of: what is missing there may have been
// meant to be there.
void cross_check(const Config& config, std::vector<ConfigError>& errors);

}  // namespace tenon::config
