#include "node/open_health.h"

namespace tenon::node {

using observe::HealthState;

void show_open(observe::Health& health, const OpenFacts& facts) {
  if (!facts.trouble.empty())
    health.set("node", HealthState::failed, facts.trouble);
  else if (!facts.has_routes)
    health.set("node", HealthState::degraded,
               "the node lacks routes: messages of QoS 1 and 2 are not acknowledged");
  else if (!facts.knows_bans)
    health.set("node", HealthState::degraded,
               "the node does not know who is banned, as the store meta does not answer");
  else
    health.set("node", HealthState::ok);
}

}  // namespace tenon::node
