#pragma once

#include <tenon/kind/balancer.hpp>

#include "recovery/options.h"

namespace tenon::recovery {

// The rule of README.md. Pure.
sdk::BalancerPlan plan(const sdk::BalancerView& view, const Options& options);

}  // namespace tenon::recovery
