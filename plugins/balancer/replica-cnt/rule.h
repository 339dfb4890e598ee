#pragma once

#include <tenon/kind/balancer.hpp>

#include "replica-cnt/options.h"

namespace tenon::replica_cnt {

// The rule of README.md. Pure.
sdk::BalancerPlan plan(const sdk::BalancerView& view, const Options& options);

}  // namespace tenon::replica_cnt
