#include "peer/seed_lookup.h"

#include <utility>

#include "runtime/dns/name_lookup.h"

namespace tenon::peer {

Result<std::set<cluster::Endpoint>> SystemNames::look_up(const cluster::Endpoint& name) {
  const auto found = runtime::look_up(name.host, name.port);
  if (!found.ok()) return found.error();
  std::set<cluster::Endpoint> addresses;
  for (const runtime::FoundAddress& one : *found) addresses.insert({one.host, one.port});
  return addresses;
}

bool is_name(const cluster::Endpoint& endpoint) {
  return !runtime::is_numeric_address(endpoint.host);
}

bool look_up_blocking(Executor& executor, std::shared_ptr<NameSource> names, cluster::Endpoint name,
                      std::function<void(const Result<std::set<cluster::Endpoint>>&)> done) {
  Task* task = make_task([names = std::move(names), name = std::move(name), done = std::move(done)] {
    done(names->look_up(name));
  });
  if (executor.post_blocking(task)) return true;
  task->drop();
  return false;
}

}  // namespace tenon::peer
