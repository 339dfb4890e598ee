#pragma once

#include <string>
#include <string_view>

#include "admin/balance/rule_source.h"
#include "base/result.h"

namespace tenon::admin {

// Rules for balancers and changes of them, as openapi.json describes them. Pure.
std::string rules_json(const RuleReport& report);
std::string rule_change_json(const RuleChangeStatus& change);
// Reads the body of a request that sets a rule, or, with `removes`, takes it away: version and reason only.
// `store`, `balancer` and `by` are left to the caller. invalid: says what is wrong and where.
Result<RuleChange> read_rule_change(bool removes, std::string_view body);

}  // namespace tenon::admin
