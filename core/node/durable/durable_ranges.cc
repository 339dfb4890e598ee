#include "node/durable/durable.h"

#include <algorithm>
#include <iterator>

#include "base/tenant.h"
#include "kv/reshape/split.h"
#include "node/identity.h"
#include "node/peers/peer_plan.h"
#include "service/dist/dist_machine.h"
#include "service/inbox/inbox_key.h"
#include "service/meta/meta_machine.h"
#include "service/retain/retain_machine.h"
#include "store/snapshot/staging.h"

namespace tenon::node {

namespace events = observe::events;
using kv::NodeId;
using kv::StoreId;

namespace {

std::vector<std::string> first_split_keys(StoreId store, std::uint32_t range_count) {
  // Only sessions are spread over several ranges from the start: their keys are known to spread evenly.
  if (store != StoreId::inbox) return {};
  return service::inbox::split_points(default_tenant, range_count);
}

std::string range_name(const kv::RangeId& range) {
  return "range " + std::to_string(range.number);
}

}  // namespace

void Durable::forget_store() {
  store_.reset();
  founding_.reset();
  inboxes_.clear();
  followed_.clear();
  for (const kv::RangeId& range : std::exchange(failed_, {})) (void)health_.clear(range_name(range));
}

// Takes part again in what the engines hold; or begins a cluster, if nobody else is expected to.
Status Durable::join_cluster() {
  const auto cluster_id = read_known_cluster_id();
  if (!cluster_id.ok()) return cluster_id.error();
  Founding::Options options;
  options.self = NodeId{node_id_};
  options.expect = settings_.cluster.expect;
  options.services = services_of(settings_.services);
  founding_ = std::make_unique<Founding>(options, founding_ports(), peers_, random_);
  if (*cluster_id == 0) {
    if (Status cleared = clear_journal(); !cleared.ok()) return cleared;
    if (settings_.cluster.seeds.empty() && settings_.cluster.domain.empty()) founding_->try_to_found();
    if (failure_) return *failure_;
    return {};
  }
  std::vector<kv::RangeRecord> records;
  for (auto next = engines_.begin(); next != engines_.end();) {
    const auto& [name, engine] = *next++;
    auto found = read_engine(*engine);
    if (found.ok()) {
      records.insert(records.end(), found->begin(), found->end());
      continue;
    }
    look_at_damage(name, found.error());
    if (!may_close(name, found.error())) return found.error();
    close_engine(std::string(name), found.error().message);
  }
  founding_->load(*cluster_id, records);
  look_for_lost_logs(records);
  open_ranges(records);
  return {};
}

// Nothing is applied that was not in the journal, so that it has a group for each state, but for those that
// have their first entry only, as the node gives it to them when it founds or splits. A replica that has lost
// its log could vote twice in a term, and counts for what it does not have any more: the other members fill
// it anew. Who has nobody to get it from goes on.
void Durable::look_for_lost_logs(const std::vector<kv::RangeRecord>& records) {
  const store::OwnReplicas& own = store_->keeper().own();
  std::size_t lost = 0;
  for (const kv::RangeRecord& record : records) {
    const bool has_log = hard_states_.contains(record.id) || damaged_.contains(record.id);
    if (record.applied.index <= kv::split_start.index || has_log || own.is_dropping(record.id)) continue;
    ++lost;
    if (!has_peers() || own.votes_alone(record.descriptor.members)) continue;
    damaged_.emplace(record.id, "its log is gone from the journal, and with it whom it has voted for");
  }
  if (lost == 0) return;
  log_.write(events::storage_engine_failed,
             "the journal does not have the logs of replicas that the engines hold: what this node has "
             "acknowledged and not yet written to its engines is gone, and so is whom it has voted for",
             {{"engine", settings_.stores.front().log}, {"replicas", lost}});
}

Result<std::vector<kv::RangeRecord>> Durable::read_engine(store::Engine& engine) {
  if (Status finished = store::finish_installs(engine); !finished.ok()) return finished.error();
  auto records = store::read_range_records(engine);
  if (!records.ok()) return records;
  // What is loaded here uses the engine from now on.
  if (Status loaded = store_->load_members(engine); !loaded.ok()) return loaded.error();
  return records;
}

// What a node without a cluster finds in its journal belongs to states that are gone.
Status Durable::clear_journal() {
  std::vector<tenon_log_write> writes;
  for (const kv::RangeId& group : groups_) {
    tenon_log_write write{};
    write.group = {group.number, group.incarnation};
    write.flags = TENON_LOG_REMOVE;
    writes.push_back(write);
  }
  if (writes.empty()) return {};
  std::string why;
  if (journal_->write(writes, why) != TENON_OK) return Error{Errc::io, why};
  hard_states_.clear();
  damaged_.clear();
  return {};
}

// Voters are those with the lowest ids of the nodes that take replicas of the store.
Result<std::vector<kv::RangeRecord>> Durable::first_ranges(
    const std::vector<Founding::Founder>& founders) const {
  std::vector<kv::RangeRecord> records;
  for (const StoreId store : kv::all_stores) {
    const config::StoreSettings& settings = settings_of(store);
    std::vector<NodeId> voters;
    std::vector<NodeId> learners;
    for (const Founding::Founder& founder : founders) {
      const std::uint32_t bit = balance::bit_of(store);
      const bool votes = (founder.services.stores & bit) != 0;
      const bool learns = settings.learners < 0 ? (founder.services.learns & bit) != 0 : votes;
      if (votes && voters.size() < settings.voters)
        voters.push_back(founder.node);
      else if (settings.learners != 0 && learns)
        learners.push_back(founder.node);
    }
    if (voters.empty())
      return Error{Errc::invalid, "no node that founds the cluster takes replicas of the store " +
                                      std::string(kv::to_string(store)) + ": services." +
                                      std::string(kv::to_string(store)) +
                                      (store == StoreId::dist ? ".worker" : ".store") + ".enable"};
    const auto first = store::first_ranges(store, first_split_keys(store, settings.initial_ranges),
                                           std::move(voters), std::move(learners));
    records.insert(records.end(), first.begin(), first.end());
  }
  return records;
}

Founding::Ports Durable::founding_ports() {
  Founding::Ports ports;
  ports.first_ranges = [this](const std::vector<Founding::Founder>& founders) {
    return first_ranges(founders);
  };
  ports.begin = [this](std::uint64_t cluster_id, const std::vector<kv::RangeRecord>& records) {
    return begin(cluster_id, records);
  };
  ports.learn = [this](const kv::RangeId& id, const kv::Descriptor& descriptor) {
    store_->run([id, descriptor](store::Keeper& keeper) { keeper.learn(id, descriptor); });
  };
  ports.peer_is_in = [this](NodeId node, std::uint64_t cluster_id) {
    if (network_) network_->set_peer_cluster_id(static_cast<peer::NodeId>(node), cluster_id);
  };
  ports.failed = [this](const Error& error) {
    failure_ = error;
    log_.write(events::storage_engine_failed, error.message);
    health_.set("founding", observe::HealthState::failed, error.message);
  };
  return ports;
}

// The id of the cluster comes last: without it, everything is begun anew.
Status Durable::begin(std::uint64_t cluster_id, const std::vector<kv::RangeRecord>& records) {
  for (const StoreId store : kv::all_stores) {
    std::vector<kv::RangeRecord> of_store;
    std::copy_if(records.begin(), records.end(), std::back_inserter(of_store),
                 [store](const kv::RangeRecord& record) { return record.descriptor.store == store; });
    if (Status written = store::write_range_records(engine_of(store), of_store); !written.ok())
      return written;
  }
  if (Status kept = keep_cluster_id(engine_of(StoreId::meta), cluster_id); !kept.ok()) return kept;
  if (Status kept = keep(); !kept.ok()) return kept;
  log_.write(events::storage_founded, "the node is part of a new cluster",
             {{"cluster_id", node_id_text(cluster_id)}, {"replicas", records.size()}});
  (void)health_.clear("founding");
  if (network_) network_->set_cluster_id(cluster_id);
  open_ranges(records);
  return {};
}

void Durable::open_ranges(const std::vector<kv::RangeRecord>& records) {
  for (const kv::RangeRecord& record : records)
    if (!store_->keeper().own().is_dropping(record.id)) open_range(record);
}

// One that can't be opened takes part in nothing until its peers have rebuilt it; the others serve.
void Durable::open_range(const kv::RangeRecord& record) {
  std::string why;
  if (const auto damage = damaged_.find(record.id); damage != damaged_.end()) {
    why = damage->second;
  } else {
    const Status opened =
        store_->open_range(record, engine_of(record.descriptor.store), hard_states_[record.id]);
    if (opened.ok()) return;
    why = opened.error().message;
    look_at_damage(settings_of(record.descriptor.store).state, opened.error());
  }
  replica_failed(record.id, record.descriptor.store, why);
  store_->lost(record);
}

void Durable::replica_opened(const kv::RangeId& range, const kv::Descriptor& descriptor) {
  log_.write(events::storage_range_opened, "a replica is open",
             {{"range", range.number}, {"store", kv::to_string(descriptor.store)}});
  if (failed_.contains(range))
    health_.set(range_name(range), observe::HealthState::degraded, "the replica is being rebuilt");
  // Its machine is the last that was made.
  if (descriptor.store == StoreId::inbox) inboxes_.insert_or_assign(range, made_inbox_);
}

void Durable::replica_closed(const kv::RangeId& range) {
  inboxes_.erase(range);
  followed_.ended(range);
  // What is to be no more is not missed; what is to be rebuilt shows when it is opened.
  if (failed_.contains(range)) (void)health_.clear(range_name(range));
  look_whether_complete();
}

void Durable::replica_failed(const kv::RangeId& range, StoreId store, const std::string& why) {
  log_.write(events::storage_replica_failed, why, {{"range", range.number}});
  health_.set(range_name(range), observe::HealthState::degraded, why);
  // Routes and retained messages are needed whole, and here they come from nowhere.
  if (!has_peers() && (store == StoreId::dist || store == StoreId::retain))
    health_.set_closed(range_name(range), kv::to_string(store));
  failed_.insert(range);
  followed_.ended(range);
  look_whether_complete();
}

void Durable::caught_up(const kv::RangeId& range) {
  if (failed_.erase(range) > 0) (void)health_.clear(range_name(range));
  followed_.caught_up(range);
  look_soon_whether_complete();
}

void Durable::fell_behind(const kv::RangeId& range) {
  followed_.fell_behind(range, clock_.mono_ns());
  // It is one of those without which the store is not whole.
  if (services_of(settings_.services).needs_routes()) routes_->set_complete(false);
}

// Once for all that happens in a turn. A range that was split off a moment ago may have to be told of yet:
// only what goes takes completeness away.
void Durable::look_soon_whether_complete() {
  if (looks_soon_) return;
  looks_soon_ = true;
  store_->run([this](const store::Keeper&) {
    looks_soon_ = false;
    if (!routes_->has_all()) look_whether_complete();
  });
}

bool Durable::is_complete(StoreId store) const {
  std::map<std::string, std::string> pieces;
  const auto replica_of = [this](const kv::RangeId& range) {
    return store_->keeper().replicas().find(range);
  };
  const auto sees_majority = [&](const kv::RangeId& range) {
    const store::Replica* replica = replica_of(range);
    return replica && replica->sees_majority();
  };
  followed_.each(clock_.mono_ns(), sees_majority, [&](const kv::RangeId& range) {
    const store::Replica* replica = replica_of(range);
    if (!replica || replica->range().descriptor().store != store) return;
    pieces.emplace(replica->range().descriptor().begin, replica->range().descriptor().end);
  });
  std::string next;
  for (const auto& [begin, end] : pieces) {
    if (begin != next) return false;
    if (end.empty()) return true;
    next = end;
  }
  return false;
}

// All workers read from these two.
void Durable::look_whether_complete() {
  const bool complete = !services_of(settings_.services).needs_routes() ||
                        (is_complete(StoreId::dist) && is_complete(StoreId::retain));
  routes_->set_complete(complete);
  if (complete && on_caught_up_) std::exchange(on_caught_up_, nullptr)();
}

std::unique_ptr<kv::Machine> Durable::make_machine(StoreId store, broker::NodeTables& tables) {
  switch (store) {
    case StoreId::inbox: {
      auto machine = std::make_unique<service::inbox::InboxMachine>(random_.next());
      made_inbox_ = machine.get();
      return machine;
    }
    case StoreId::dist:
      return std::make_unique<service::dist::DistMachine>(tables.routes);
    case StoreId::retain:
      return std::make_unique<service::retain::RetainMachine>(random_.next(), &tables.retained);
    case StoreId::meta:
      break;
  }
  return std::make_unique<service::meta::MetaMachine>();
}

// Who is linked and has not said yet what he takes is asked later.
std::set<NodeId> Durable::who_does_not_learn(StoreId store) {
  std::set<NodeId> nodes;
  for (const auto& [node, mark] : store_marks_.drains)
    if (store_marks_.learns_nothing(node)) nodes.insert(node);
  for (const auto& [node, mark] : store_marks_.removed) nodes.insert(node);
  if (!founding_) return nodes;
  const auto& said = founding_->services();
  for (const NodeId node : founding_->linked()) {
    const auto found = said.find(node);
    if (found == said.end() || (found->second.learns & balance::bit_of(store)) == 0) nodes.insert(node);
  }
  if ((services_of(settings_.services).learns & balance::bit_of(store)) == 0) nodes.insert(NodeId{node_id_});
  return nodes;
}

}  // namespace tenon::node
