#include "node/store_health.h"

namespace tenon::node {

void StoreHealth::set(const std::string& what, observe::HealthState state, const std::string& why) {
  troubles_[what] = {state, why};
  show();
}

bool StoreHealth::clear(const std::string& what) {
  if (troubles_.erase(what) == 0) return false;
  show();
  return true;
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
