#include "peer/seed_lookup.h"

#include <utility>

#include "runtime/dns/name_lookup.h"
#include "runtime/thread.h"

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

SeedLookups::SeedLookups(runtime::Worker& worker, std::shared_ptr<NameSource> names)
    : names_(std::move(names)), worker_(&worker) {}

bool SeedLookups::start(cluster::Endpoint name, Done done) {
  // All that it touches is its own, or shared with it: it may outlive everything else.
  auto thread = runtime::start_thread(
      "tenon-dns", [self = shared_from_this(), name = std::move(name), done = std::move(done)]() mutable {
        self->found(self->names_->look_up(name), std::move(done));
      });
  if (!thread.ok()) return false;
  thread->detach();
  return true;
}

void SeedLookups::found(Result<std::set<cluster::Endpoint>>&& addresses, Done&& done) {
  // Held while it is posted, so that the worker is there.
  const std::lock_guard lock(mutex_);
  if (!worker_) return;
  worker_->post(make_task([addresses = std::move(addresses), done = std::move(done)] { done(addresses); }));
}

void SeedLookups::close() {
  const std::lock_guard lock(mutex_);
  worker_ = nullptr;
}

}  // namespace tenon::peer
