#pragma once

#include <string>

#include "base/result.h"
#include "bin/ctl/api_client.h"
#include "bin/ctl/arguments.h"

namespace tenon::ctl {

// What `balance status`, `balance explain` and `balance view` print. Failure: invalid: what the broker
// answered is not of this version.
Result<std::string> show_balance(const ApiClient& broker, const Arguments& arguments);

// The two tables, from the answer of GET /api/v1/balance.
Result<std::string> balance_status_view(const std::string& json);
Result<std::string> balance_explain_view(const std::string& json);

}  // namespace tenon::ctl
