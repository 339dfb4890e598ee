#pragma once

#include <string_view>

#include "balance/strategy.h"
#include "host/instance.h"

namespace tenon::balance {

// A balancer plugin's instance as a strategy. One call at a time.
class PluginStrategy final : public Strategy {
 public:
  // REQUIRES: an instance of the kind balancer, which is active and outlives this.
  explicit PluginStrategy(host::Instance& instance) : instance_(instance) {}

  Result<Plan> plan(const tenon_balancer_view& view, std::string_view memo) override;

 private:
  host::Instance& instance_;
};

}  // namespace tenon::balance
