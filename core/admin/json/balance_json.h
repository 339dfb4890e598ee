#pragma once

#include <string>
#include <string_view>

#include "balance/explanation.h"
#include "balance/view.h"
#include "base/result.h"

namespace tenon::admin {

// Balancers, their decisions and what these were made of, as the OpenAPI document describes them. Pure. Ids
// of ranges and node are texts; keys are as key_text.h writes them.
std::string explanation_json(const balance::Explanation& explanation, std::string_view planner);
std::string plan_json(const balance::Plan& plan);
std::string view_json(const balance::View& view);
// Reads what view_json() writes; what is not there has its default. invalid: says what is wrong and where.
Result<balance::View> read_view(std::string_view json);

}  // namespace tenon::admin
