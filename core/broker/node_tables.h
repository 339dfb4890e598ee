#pragma once

#include <cstdint>

#include "broker/client_directory.h"
#include "broker/durable/inbox_directory.h"
#include "broker/durable/node_routes.h"
#include "broker/remote/remote_nodes.h"
#include "broker/retained.h"
#include "broker/subscriptions.h"

namespace tenon::broker {

// What all workers of a node share. Each member locks for itself; none calls another.
struct NodeTables {
  NodeTables(std::uint64_t retained_count_max, std::uint64_t hash_seed)
      : subscriptions(hash_seed), retained(retained_count_max, hash_seed) {}

  ClientDirectory clients;
  Subscriptions subscriptions;
  InboxDirectory inboxes;
  NodeRoutes routes{subscriptions, inboxes};
  RemoteNodes remote{subscriptions, clients};
  Retained retained;
};

}  // namespace tenon::broker
