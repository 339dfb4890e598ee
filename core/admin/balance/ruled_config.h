#pragma once

#include "admin/balance/rule_source.h"
#include "admin/sources/config_source.h"

namespace tenon::admin {

// What rules of the store `meta` say of balancers takes the place of what the configuration says, at the keys
// below `stores.<store>.balancers.<balancer>`; each such value keeps what it wins over, which for an option
// may be the one that the plugin has for all stores. What the configuration has no key for gets one, behind
// those of the balancer or of its store. Secrets are masked; inside of a map one that is masked in both
// places counts as the configuration's own. Pure.
void lay_over(const RuleReport& rules, ConfigReport& config);

}  // namespace tenon::admin
