#pragma once

#include <tenon/config.hpp>

#include <vector>

#include "rule.h"

namespace tenon::topic_rewrite {

extern const char options_schema[];

// The rules in their order, at least one. Throws a sdk::Failure that names the option.
std::vector<Rule> read_rules(const sdk::Config& config);

}  // namespace tenon::topic_rewrite
