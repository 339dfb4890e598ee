#pragma once

#include <tenon/kind/balancer.hpp>

#include "range-leader/options.h"

namespace tenon::range_leader {

// The rule of README.md. Pure.
sdk::BalancerPlan plan(const sdk::BalancerView& view, const Options& options);

}  // namespace tenon::range_leader
