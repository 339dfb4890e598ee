#include "node/store_health.h"

namespace tenon::node {

void StoreHealth::set(const std::string& what, observe::HealthState state, const std::string& why) {
  troubles_[what] = {state, why};
  show();
}

void StoreHealth::set_closed(const std::string& what, std::string_view store) {
  closed_[what] = store;
  show_closed();
}

bool StoreHealth::clear(const std::string& what) {
  if (troubles_.erase(what) == 0) return false;
  if (closed_.erase(what) > 0) show_closed();
  show();
  return true;
}

void StoreHealth::show_closed() {
  if (closed_.empty()) return health_.remove(observe::damage_condition);
  health_.set(
      observe::damage_condition, observe::HealthState::failed,
      "store " + closed_.begin()->second +
          " is closed, as what is on disk is damaged: clients are not served; see /readyz and the log");
}

void StoreHealth::show() {
  const Trouble* worst = nullptr;
  for (const auto& [what, trouble] : troubles_)
    if (!worst || trouble.state > worst->state) worst = &trouble;
  if (worst)
    health_.set("store", worst->state, worst->why);
  else
    health_.set("store", observe::HealthState::ok);
}

}  // namespace tenon::node
