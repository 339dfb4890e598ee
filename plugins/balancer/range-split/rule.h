#pragma once

#include <string_view>

#include <tenon/kind/balancer.hpp>

#include "range-split/options.h"

namespace tenon::range_split {

// The rule of README.md; `memo` is the last plan's. Pure.
sdk::BalancerPlan plan(const sdk::BalancerView& view, const Options& options, std::string_view memo);

}  // namespace tenon::range_split
