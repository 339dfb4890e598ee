#pragma once

#include <cstdint>

#include "broker/client_directory.h"
#include "broker/inboxes.h"
#include "broker/retained.h"
#include "broker/subscriptions.h"

namespace tenon::broker {

// What all workers of a node share. Each member locks for itself; none calls another.
struct NodeTables {
  NodeTables(const service::InboxLimits& inbox_limits, std::uint64_t retained_count_max,
             std::uint64_t hash_seed)
      : subscriptions(hash_seed), inboxes(inbox_limits), retained(retained_count_max, hash_seed) {}

  ClientDirectory clients;
  Subscriptions subscriptions;
  Inboxes inboxes;
  Retained retained;
};

}  // namespace tenon::broker
