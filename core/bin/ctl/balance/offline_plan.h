#pragma once

#include <string>

#include "base/result.h"
#include "bin/ctl/arguments.h"

namespace tenon::ctl {

// What `balance plan` prints: what a balancer's plugin would do in a saved view, and what the controller
// would say to each command. Loads the plugin into this process, and asks no broker. Failure: what is wrong
// with file, view, plugin or options.
Result<std::string> plan_offline(const Arguments& arguments);

}  // namespace tenon::ctl
