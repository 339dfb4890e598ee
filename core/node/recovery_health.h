#pragma once

#include <span>
#include <string>

#include "observe/health.h"
#include "store/orders/range_list.h"

namespace tenon::node {

// What an operator has to decide about ranges that were recovered on nothing but silence, as one sentence;
// empty: nothing.
std::string recovery_trouble(std::span<const store::RangeView> ranges);

// The condition "recovery" of the node's health: degraded while there is such, and not there else. Any
// thread.
void show_recoveries(observe::Health& health, std::span<const store::RangeView> ranges);

}  // namespace tenon::node
