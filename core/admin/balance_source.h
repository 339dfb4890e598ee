#pragma once

#include <optional>
#include <string>

#include "balance/explanation.h"
#include "balance/view.h"

namespace tenon::admin {

// Where the actions about balancers get their data: the node implements it. Any thread.
class BalanceSource {
 public:
  virtual ~BalanceSource() = default;
  virtual balance::Explanation explanation() const = 0;
  // The id of the node that plans, as far as this one knows; empty: nobody is known to.
  virtual std::string planner() const = 0;
  // That was planned over last; empty: this node does not plan.
  virtual std::optional<balance::View> view() const = 0;
};

}  // namespace tenon::admin
