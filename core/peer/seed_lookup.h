#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <set>

#include "base/result.h"
#include "cluster/endpoint.h"
#include "runtime/worker.h"

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

// Looks names up, each on a thread of its own that nobody waits for: the resolver may take half a minute to
// find that nobody answers, and can't be told to stop. What it finds then is dropped.
class SeedLookups : public std::enable_shared_from_this<SeedLookups> {
 public:
  using Done = std::function<void(const Result<std::set<cluster::Endpoint>>&)>;

  // `worker` lives until close().
  SeedLookups(runtime::Worker& worker, std::shared_ptr<NameSource> names);

  // `done` comes on the worker, in a later turn, unless close() comes before. False: the system gives no more
  // threads. Any thread.
  bool start(cluster::Endpoint name, Done done);
  // No `done` comes any more that is not queued at the worker yet. Any thread.
  void close();

 private:
  void found(Result<std::set<cluster::Endpoint>>&& addresses, Done&& done);

  const std::shared_ptr<NameSource> names_;
  std::mutex mutex_;         // guards what follows
  runtime::Worker* worker_;  // null: closed
};

}  // namespace tenon::peer
