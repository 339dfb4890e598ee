#pragma once

#include <tenon/kind/balancer.hpp>

#include "range-split/options.h"

namespace tenon::range_split {

// The rule of README.md. Pure.
sdk::BalancerPlan plan(const sdk::BalancerView& view, const Options& options);

}  // namespace tenon::range_split
