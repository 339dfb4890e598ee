#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "bin/ctl/api_client.h"
#include "bin/ctl/arguments.h"

namespace tenon::ctl {

// Asks for what was begun by the answer `begun`, at `path` and its id, until it is over; the broker gives
// each one an end. What is printed of it. Failure: that of an answer; internal: it was not done.
Result<std::string> follow(const ApiClient& broker, Result<std::string> begun, std::string_view path,
                           OutputForm form);

}  // namespace tenon::ctl
