#pragma once

#include <string>

#include "base/result.h"
#include "bin/ctl/api_client.h"
#include "bin/ctl/arguments.h"

namespace tenon::ctl {

// What `balance rules` prints, and what `balance set` and `balance unset` do. invalid: --options is no JSON
// object.
Result<std::string> show_rules(const ApiClient& broker, OutputForm form);
Result<std::string> change_rule(const ApiClient& broker, const Arguments& arguments);

// From the answer of GET /api/v1/balance/rules, in the form of `tenond --print-config`: a line for each
// value, with the place where it is said; and the last changes of rules.
Result<std::string> rules_view(const std::string& json);
// What `balance set` and `balance unset` send.
Result<std::string> rule_body(const Arguments& arguments);

}  // namespace tenon::ctl
