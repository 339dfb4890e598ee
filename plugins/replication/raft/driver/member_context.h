#pragma once

#include <cstddef>
#include <set>

#include "algorithm/types.h"
#include "driver/counters.h"
#include "driver/env.h"
#include "driver/options.h"
#include "driver/role_log.h"
#include "driver/schedule.h"

namespace tenon::raft {

// What the members of all groups of a node share.
struct MemberContext {
  NodeId self;
  Env env;
  const PluginOptions& options;
  const Counters& counters;
  RoleLog log;
  Schedule schedule;
  std::set<NodeId> down;           // peers without a link
  std::size_t poisoned_count = 0;  // open members that are
};

}  // namespace tenon::raft
