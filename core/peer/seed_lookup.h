#pragma once

#include <functional>
#include <memory>
#include <set>

#include "base/executor.h"
#include "base/result.h"
#include "cluster/endpoint.h"

namespace tenon::peer {

// Finds the addresses of seeds that are names. May block. Any thread.
class NameSource {
 public:
  virtual ~NameSource() = default;
  virtual Result<std::set<cluster::Endpoint>> look_up(const cluster::Endpoint& name) = 0;
};

// The system's resolver, as runtime/dns/name_lookup.h.
class SystemNames final : public NameSource {
 public:
  Result<std::set<cluster::Endpoint>> look_up(const cluster::Endpoint& name) override;
};

// Whether this is a name that is to be looked up, and no address.
bool is_name(const cluster::Endpoint& endpoint);

// Looks a name up on the blocking pool of `executor`, and calls `done` there; false: the pool has too much to
// do. `done` gets what NameSource gave.
bool look_up_blocking(Executor& executor, std::shared_ptr<NameSource> names, cluster::Endpoint name,
                      std::function<void(const Result<std::set<cluster::Endpoint>>&)> done);

}  // namespace tenon::peer
