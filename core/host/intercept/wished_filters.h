#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace tenon::host {

class Instance;

// The topic filters that an interceptor says it decides on: 1 to 1000, none of a shared subscription.
// Failure: invalid, with what is wrong with them, or what the plugin says. REQUIRES: an instance of
// Kind::intercept that is active. [control]
Result<std::vector<std::string>> wished_filters(Instance& instance);

}  // namespace tenon::host
