#pragma once

#include <cstdint>

#include "broker/bans/bans.h"
#include "broker/client_directory.h"
#include "broker/durable/inbox_directory.h"
#include "broker/durable/node_routes.h"
#include "broker/durable/waiting_wills.h"
#include "broker/durable/will_permits.h"
#include "broker/limits/flap_guard.h"
#include "broker/limits/memory_mark.h"
#include "broker/limits/message_limits.h"
#include "broker/operate/cut_off.h"
#include "broker/operate/redirects.h"
#include "broker/remote/remote_nodes.h"
#include "broker/retained.h"
#include "broker/subscriptions.h"
#include "broker/tenants/tenant_table.h"
#include "broker/trace/traces.h"
#include "broker/traffic/traffic.h"

namespace tenon::broker {

// What all workers of a node share. Each member locks for itself; none calls another.
struct NodeTables {
  struct Limits {
    service::RetainStore::Limits retained;
    FlapLimits flapping;
    std::uint64_t memory_high_bytes = 0;
    TenantTable::Limits tenants;
  };
  NodeTables(const Limits& limits, std::uint64_t hash_seed)
      : clients(hash_seed),
        subscriptions(hash_seed),
        retained(limits.retained, hash_seed),
        sys({}, hash_seed),
        flaps(limits.flapping, hash_seed),
        memory(limits.memory_high_bytes),
        tenants(limits.tenants) {}

  ClientDirectory clients;
  Subscriptions subscriptions;
  InboxDirectory inboxes;
  NodeRoutes routes{subscriptions, inboxes};
  RemoteNodes remote{subscriptions, clients};
  Retained retained;
  Retained sys;  // what this node says of itself: retained here alone
  FlapGuard flaps;
  Bans bans;
  Traces traces;
  MemoryMark memory;
  Redirects redirects;
  CutOff cut_off;
  Traffic traffic;
  TenantTable tenants;
  WillPermits will_permits;
  WaitingWills waiting_wills;
  NodeMessageLimits message_limits;
};

}  // namespace tenon::broker
