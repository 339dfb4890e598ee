#pragma once

#include <string>

#include "base/result.h"
#include "bin/ctl/api_client.h"
#include "bin/ctl/arguments.h"

namespace tenon::ctl {

// `tenonctl range list`: a table, or the broker's answer as it is.
Result<std::string> list_ranges(const ApiClient& broker, OutputForm form);

// `tenonctl range transfer` and other orders: gives it and waits until it is over. internal: it was not
// carried out, with the reason.
Result<std::string> order_range(const ApiClient& broker, const Arguments& arguments);

// The table of GET /api/v1/ranges. internal: it is no such answer.
Result<std::string> ranges_view(const std::string& json);

}  // namespace tenon::ctl
