#pragma once

#include <tenon/draft/balancer.h>

#include <string_view>

#include "balance/plan.h"
#include "base/result.h"

namespace tenon::balance {

// One balancer of one store, as the controller calls it: an instance of a plugin, or a stand-in. One call at
// a time.
class Strategy {
 public:
  virtual ~Strategy() = default;
  // Failure: it can't plan; what it says.
  virtual Result<Plan> plan(const tenon_balancer_view& view, std::string_view memo) = 0;
};

}  // namespace tenon::balance
