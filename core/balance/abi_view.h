#pragma once

#include <tenon/draft/balancer.h>

#include <vector>

#include "balance/plan.h"
#include "balance/view.h"

namespace tenon::balance {

// A view as plugins see it. Texts and lists are those of the view, which outlives this and does not change.
class AbiView {
 public:
  explicit AbiView(const View& view);
  AbiView(const AbiView&) = delete;
  AbiView& operator=(const AbiView&) = delete;

  // For planning one store; valid until the next call.
  const tenon_balancer_view& of_store(StoreId store);

 private:
  const View& view_;
  std::vector<tenon_kv> attributes_;
  std::vector<tenon_balancer_node> nodes_;
  std::vector<tenon_balancer_replica> replicas_;
  std::vector<tenon_balancer_range> ranges_;
  tenon_balancer_view raw_{};
};

// What a plugin has planned, copied, with lists and texts of bounded length. Commands of kinds that are not
// known come as Unknown.
Plan read_plan(const tenon_balancer_plan& raw);

}  // namespace tenon::balance
