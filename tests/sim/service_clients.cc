#include "sim/service_clients.h"

#include <algorithm>

#include "base/tenant.h"
#include "service/dist/dist_key.h"
#include "service/retain/retain_key.h"
#include "store/founding.h"

namespace tenon::sim {
namespace {

// `count` ranges of a store, the later ones beginning at key_at(0 .. of - 1), evenly.
template <class KeyAt>
std::vector<std::string> split_evenly(std::uint32_t count, std::uint32_t of, KeyAt&& key_at) {
  std::vector<std::string> keys;
  for (std::uint32_t i = 1; i < count; ++i) keys.push_back(key_at(of * i / count));
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

std::vector<kv::RangeRecord> of_store(const std::vector<kv::RangeRecord>& ranges, kv::StoreId store) {
  std::vector<kv::RangeRecord> found;
  for (const kv::RangeRecord& range : ranges)
    if (range.descriptor.store == store) found.push_back(range);
  return found;
}

std::vector<std::string> begins_of(const std::vector<kv::RangeRecord>& ranges, kv::StoreId store) {
  std::vector<std::string> begins;
  for (const kv::RangeRecord& range : of_store(ranges, store)) begins.push_back(range.descriptor.begin);
  return begins;
}

std::vector<kv::RangeId> ids_of(const std::vector<kv::RangeRecord>& ranges, kv::StoreId store) {
  std::vector<kv::RangeId> ids;
  for (const kv::RangeRecord& range : of_store(ranges, store)) ids.push_back(range.id);
  return ids;
}

RouteChecker::Nodes followers_of(const ClientWorld& clients) {
  RouteChecker::Nodes nodes;
  for (const auto& node : clients.nodes) nodes.push_back(node.get());
  return nodes;
}

}  // namespace

std::vector<kv::RangeRecord> ServiceClients::ranges_of(const Workload& workload, const kv::Members& members) {
  std::vector<kv::RangeRecord> all;
  const auto add = [&](kv::StoreId store, const std::vector<std::string>& split_keys) {
    for (kv::RangeRecord& range : store::first_ranges(store, split_keys, members.voters, members.learners))
      all.push_back(std::move(range));
  };
  if (workload.meta_client_count > 0) add(kv::StoreId::meta, {});
  if (workload.route_client_count > 0)
    add(kv::StoreId::dist,
        split_evenly(workload.route_range_count, workload.routes.filters, [](std::uint32_t slot) {
          return service::dist::filter_prefix({}, "filter/" + std::to_string(slot));
        }));
  if (workload.retain_client_count > 0)
    add(kv::StoreId::retain,
        split_evenly(workload.retain_range_count, workload.retain.topics, [](std::uint32_t topic) {
          return service::retain::key_of(default_tenant, "kept/" + std::to_string(topic));
        }));
  return all;
}

ServiceClients::ServiceClients(const Workload& workload, ClientWorld& clients, const Network& network,
                               Observers& observers, const std::vector<kv::RangeRecord>& ranges)
    : routes_(clients.world, network, followers_of(clients), ids_of(ranges, kv::StoreId::dist)),
      sessions_(clients.world),
      retained_(clients.world),
      inbox_begins_(begins_of(ranges, kv::StoreId::inbox)),
      retain_begins_(begins_of(ranges, kv::StoreId::retain)),
      route_ranges_(of_store(ranges, kv::StoreId::dist)),
      wills_(clients, inbox_begins_) {
  MetaClient::Options meta = workload.meta;
  RetainClient::Options retain = workload.retain;
  RouteClient::Options routes = workload.routes;
  meta.takes_a_glance = retain.takes_a_glance = workload.mistake == Mistake::glance;
  retain.takes_asking_for_done = workload.mistake == Mistake::early_answer_retain;
  retain.writes_in_no_name = workload.mistake == Mistake::late_copies;
  routes.waits_for_leader_only = workload.mistake == Mistake::leader_only;
  routes.says_no_epoch = workload.mistake == Mistake::late_routes;
  for (std::uint32_t i = 0; i < workload.meta_client_count; ++i)
    meta_clients_.push_back(std::make_unique<MetaClient>(clients, registers_, i, meta));
  for (std::uint32_t i = 0; i < workload.retain_client_count; ++i)
    retain_clients_.push_back(std::make_unique<RetainClient>(clients, registers_, retain_begins_, i, retain));
  for (std::uint32_t i = 0; i < workload.route_client_count; ++i)
    route_clients_.push_back(std::make_unique<RouteClient>(clients, routes_, route_ranges_, i, routes));
  for (std::uint32_t i = 0; i < workload.visitor_count; ++i)
    visitors_.push_back(std::make_unique<VisitorClient>(clients, wills_, i, workload.visitors));
  if (!route_clients_.empty()) observers.add(routes_);
  if (!retain_clients_.empty()) observers.add(retained_);
  observers.add(sessions_);
  if (!visitors_.empty()) observers.add(wills_);
}

void ServiceClients::start() {
  for (const auto& client : meta_clients_) client->start();
  for (const auto& client : retain_clients_) client->start();
  for (const auto& client : route_clients_) client->start();
  for (const auto& visitor : visitors_) visitor->start();
}

void ServiceClients::look() {
  routes_.look();
}

void ServiceClients::drain() {
  for (const auto& visitor : visitors_) visitor->drain();
}

bool ServiceClients::is_drained() const {
  return std::all_of(visitors_.begin(), visitors_.end(),
                     [](const auto& visitor) { return visitor->is_drained(); }) &&
         sessions_.open_count() == 0 && retained_.open_count() == 0 && routes_.wrong_count() == 0 &&
         routes_.behind_count() == 0;
}

std::string ServiceClients::still_open() const {
  const auto waiting = std::count_if(visitors_.begin(), visitors_.end(),
                                     [](const auto& visitor) { return !visitor->is_drained(); });
  return std::to_string(waiting) + " visitors wait, " + std::to_string(sessions_.open_count()) +
         " sessions and wills have not ended, " + std::to_string(retained_.open_count()) +
         " retained messages have not expired, " + std::to_string(routes_.wrong_count()) +
         " routes are not followed, " + std::to_string(routes_.behind_count()) +
         " replicas have not said that they have caught up";
}

void ServiceClients::check(World& world) const {
  registers_.check([&world](const std::string& wrong) { world.fail(wrong); });
}

}  // namespace tenon::sim
