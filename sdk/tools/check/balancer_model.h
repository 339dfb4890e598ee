#pragma once

#include <string>
#include <vector>

#include "balance/plan.h"
#include "balance/view.h"

namespace tenon::tools {

// A cluster that a balancer may plan for.
struct BalancerStart {
  std::string name;
  balance::StoreId store = balance::StoreId::inbox;  // that is planned for
  balance::View view;
};

// Small ones of all sorts: at rest, with a node that has come, or is gone, with zones, with a hot range, ...
std::vector<BalancerStart> balancer_starts();

// A cluster in which every command is carried out at once, and nothing else happens. Pure.
class BalancerModel {
 public:
  explicit BalancerModel(balance::View start) : view_(std::move(start)) {}

  const balance::View& view() const { return view_; }
  void pass_time(std::int64_t ms) { view_.now_ms += ms; }
  // REQUIRES: the verifier has nothing against it.
  void carry_out(const balance::Command& command);
  // Who has which range, and who leads it: equal for equal places only.
  std::string places() const;

 private:
  balance::ViewRange* find(std::uint64_t range);
  void split(balance::ViewRange& range, const balance::Split& what);
  void merge(balance::ViewRange& range, const balance::Merge& what);

  balance::View view_;
};

}  // namespace tenon::tools
