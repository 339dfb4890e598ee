#include "node/durable.h"

#include <algorithm>
#include <iterator>

#include "node/identity.h"
#include "node/plugins/plugin_plan.h"
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

constexpr StoreId all_stores[] = {StoreId::dist, StoreId::inbox, StoreId::retain, StoreId::meta};

std::vector<std::string> first_split_keys(StoreId store, std::uint32_t range_count) {
  // Only sessions are spread over several ranges from the start: their keys are known to spread evenly.
  if (store != StoreId::inbox) return {};
  return service::inbox::split_points(range_count);
}

std::string range_name(const kv::RangeId& range) {
  return "range " + std::to_string(range.number);
}

}  // namespace

Durable::Durable(const config::Settings& settings, host::PluginHost& plugins, const Clock& clock,
                 Random& random, observe::Log& log, observe::Health& health)
    : settings_(settings),
      plugins_(plugins),
      clock_(clock),
      random_(random),
      log_(log),
      health_(health),
      desk_(random, log),
      peers_(health, clock, settings.cluster) {}

Durable::~Durable() {
  stop();
}

Status Durable::open() {
  if (Status opened = open_engines(); !opened.ok()) return opened;
  if (Status opened = open_journal(); !opened.ok()) return opened;
  const auto identity = open_identity(engine_of(StoreId::meta), random_);
  if (!identity.ok()) return identity.error();
  node_id_ = identity->id;
  start_number_ = identity->start_number;
  return {};
}

const config::StoreSettings& Durable::settings_of(StoreId store) const {
  return *std::find_if(settings_.stores.begin(), settings_.stores.end(),
                       [&](const auto& one) { return one.name == kv::to_string(store); });
}

store::Engine& Durable::engine_of(StoreId store) {
  return *engines_.at(settings_of(store).state);
}

Status Durable::open_engines() {
  for (const auto& store : settings_.stores) {
    if (engines_.contains(store.state)) continue;
    if (Status opened = open_engine(store.state); !opened.ok()) return opened;
  }
  return {};
}

Status Durable::open_engine(const std::string& name) {
  auto engine = store::Engine::open(*plugins_.find(host::Kind::storage, engine_instance(name)));
  if (!engine.ok()) return engine.error();
  engines_.emplace(name, std::make_unique<store::Engine>(std::move(engine).value()));
  log_.write(events::storage_engine_opened, "an engine is open", {{"engine", name}});
  return {};
}

// In a log plugin, in the engine of a state, or in a storage engine of its own.
Result<std::unique_ptr<store::Journal>> Durable::journal_of(const std::string& name) {
  if (host::Instance* log = plugins_.find(host::Kind::log, engine_instance(name)))
    return store::Journal::open(*log);
  if (!engines_.contains(name))
    if (Status opened = open_engine(name); !opened.ok()) return opened.error();
  return store::Journal::open_in(*engines_.at(name));
}

Status Durable::open_journal() {
  const std::string& name = settings_.stores.front().log;
  auto journal = journal_of(name);
  if (!journal.ok()) return journal.error();
  journal_ = std::move(journal).value();
  log_.write(events::storage_engine_opened, "the journal is open", {{"engine", name}});
  return journal_->groups([this](const tenon_log_group& group) {
    const kv::RangeId id{group.id.range, group.id.incarnation};
    groups_.push_back(id);
    if (group.state == TENON_OK) {
      hard_states_.emplace(id, store::to_text(group.hard_state));
      return;
    }
    damaged_.emplace(id, store::to_text(group.damage));
  });
}

Status Durable::make_store(broker::NodeTables& tables) {
  store::StoreThreadOptions options;
  options.replicas.self = NodeId{node_id_};
  options.replicas.seed = random_.next();
  options.source = kv::SourceId{random_.next() | 1};
  host::Instance* raft = plugins_.find(host::Kind::replication, std::string(replication_instance));
  const store::Replication plugin{&raft->replication(), raft->raw(), &raft->tag()};
  auto made =
      store::StoreThread::create(options, clock_, plugin, *journal_, peers_, events_, store_events(),
                                 [this, &tables](StoreId store) { return make_machine(store, tables); });
  if (!made.ok()) return made.error();
  store_ = std::move(made).value();
  desk_.connect(*store_);
  routes_ = &tables.routes;
  routes_->set_complete(false);
  return join_cluster();
}

// Takes part again in what the engines hold; or begins a cluster, if nobody else is expected to.
Status Durable::join_cluster() {
  const auto cluster_id = read_cluster_id(engine_of(StoreId::meta));
  if (!cluster_id.ok()) return cluster_id.error();
  Founding::Options options;
  options.self = NodeId{node_id_};
  options.expect = settings_.cluster.expect;
  founding_ = std::make_unique<Founding>(options, founding_ports(), peers_, random_);
  if (*cluster_id == 0) {
    if (Status cleared = clear_journal(); !cleared.ok()) return cleared;
    if (settings_.cluster.seeds.empty()) founding_->try_to_found();
    if (failure_) return *failure_;
    return {};
  }
  std::vector<kv::RangeRecord> records;
  for (const auto& [name, engine] : engines_) {
    if (Status finished = store::finish_installs(*engine); !finished.ok()) return finished;
    auto found = store::read_range_records(*engine);
    if (!found.ok()) return found.error();
    records.insert(records.end(), found->begin(), found->end());
  }
  founding_->load(*cluster_id, records);
  return open_ranges(records);
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

Founding::Ports Durable::founding_ports() {
  Founding::Ports ports;
  ports.first_ranges = [this](const std::vector<NodeId>& founders) {
    std::vector<kv::RangeRecord> records;
    for (const StoreId store : all_stores) {
      const config::StoreSettings& settings = settings_of(store);
      const auto last_voter = founders.begin() + static_cast<std::ptrdiff_t>(
                                                     std::min<std::size_t>(founders.size(), settings.voters));
      std::vector<NodeId> learners;
      if (settings.learners != 0) learners.assign(last_voter, founders.end());
      const auto first = store::first_ranges(store, first_split_keys(store, settings.initial_ranges),
                                             {founders.begin(), last_voter}, std::move(learners));
      records.insert(records.end(), first.begin(), first.end());
    }
    return records;
  };
  ports.begin = [this](std::uint64_t cluster_id, const std::vector<kv::RangeRecord>& records) {
    return begin(cluster_id, records);
  };
  ports.learn = [this](const kv::RangeId& id, const kv::Descriptor& descriptor) {
    store_->run([id, descriptor](store::Keeper& keeper) { keeper.learn(id, descriptor); });
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
  for (const StoreId store : all_stores) {
    std::vector<kv::RangeRecord> of_store;
    std::copy_if(records.begin(), records.end(), std::back_inserter(of_store),
                 [store](const kv::RangeRecord& record) { return record.descriptor.store == store; });
    if (Status written = store::write_range_records(engine_of(store), of_store); !written.ok())
      return written;
  }
  if (Status kept = keep_cluster_id(engine_of(StoreId::meta), cluster_id); !kept.ok()) return kept;
  log_.write(events::storage_founded, "the node is part of a new cluster",
             {{"cluster_id", node_id_text(cluster_id)}, {"replicas", records.size()}});
  if (network_) network_->set_cluster_id(cluster_id);
  return open_ranges(records);
}

Status Durable::open_ranges(const std::vector<kv::RangeRecord>& records) {
  for (const kv::RangeRecord& record : records) {
    const StoreId store = record.descriptor.store;
    if (store == StoreId::dist || store == StoreId::retain) behind_.insert(record.id);
    if (const auto damage = damaged_.find(record.id); damage != damaged_.end()) {
      quarantine(record, damage->second);
      continue;
    }
    const std::string& hard_state = hard_states_[record.id];
    if (Status opened = store_->open_range(record, engine_of(store), hard_state); !opened.ok()) return opened;
  }
  return {};
}

void Durable::caught_up(const kv::RangeId& range) {
  if (behind_.erase(range) == 0 || !behind_.empty()) return;
  routes_->set_complete(true);
  if (on_caught_up_) on_caught_up_();
}

// The replica takes part in nothing, and its files stay as they are; the others serve.
void Durable::quarantine(const kv::RangeRecord& record, const std::string& damage) {
  log_.write(events::storage_replica_failed, damage,
             {{"range", record.id.number}, {"store", kv::to_string(record.descriptor.store)}});
  health_.set(range_name(record.id), observe::HealthState::degraded, damage);
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

store::StoreEvents Durable::store_events() {
  store::StoreEvents to;
  to.range_opened = [this](const kv::RangeId& range, const kv::Descriptor& descriptor) {
    // Its machine is the last that was made.
    if (descriptor.store == StoreId::inbox) inboxes_.insert_or_assign(range, made_inbox_);
    log_.write(events::storage_range_opened, "a replica is open",
               {{"range", range.number}, {"store", kv::to_string(descriptor.store)}});
  };
  to.leader_changed = [this](const kv::RangeId& range, NodeId leader) {
    log_.write(events::storage_leader_changed,
               leader == NodeId::none ? "no leader is known" : "a leader is known",
               {{"range", range.number}, {"leader", node_id_text(static_cast<std::uint64_t>(leader))}});
  };
  to.caught_up = [this](const kv::RangeId& range) { caught_up(range); };
  to.range_changed = [this](const kv::RangeId& range, const kv::Descriptor& descriptor) {
    if (founding_) founding_->on_range(range, descriptor);
  };
  to.hard_state = [this](const kv::RangeId& range) {
    const auto found = hard_states_.find(range);
    return found == hard_states_.end() ? std::string() : found->second;
  };
  to.order_finished = [this](std::uint64_t number, const store::Answer& answer) {
    // Who hears that it is done finds what it did in the list.
    store_->run([this, number, answer](const store::Keeper& keeper) {
      desk_.refresh(keeper);
      desk_.order_finished(keeper, number, answer);
    });
  };
  to.heard_of_ranges = [this](NodeId from, std::string_view body) { founding_->on_ranges(from, body); };
  to.peer_changed = [this](NodeId node, bool up) { founding_->on_peer(node, up); };
  to.replica_failed = [this](const kv::RangeId& range, const std::string& why) {
    log_.write(events::storage_replica_failed, why, {{"range", range.number}});
    health_.set(range_name(range), observe::HealthState::failed, why);
  };
  to.storage_failed = [this](const std::string& name, const std::string& why) {
    log_.write(events::storage_engine_failed, why);
    health_.set(name, observe::HealthState::failed, why);
  };
  to.storage_recovered = [this](const std::string& name) {
    if (health_.clear(name))
      log_.write(events::storage_engine_recovered, "all that waited was written", {{"engine", name}});
  };
  return to;
}

void Durable::connect(peer::PeerNetwork& network) {
  network_ = &network;
  peers_.connect(*store_, network);
}

void Durable::stop() {
  if (store_) store_->stop();
}

void Durable::add_led(const kv::Descriptor& range, Led& led) const {
  led.ranges.push_back(range.begin);
  for (const auto* nodes : {&range.members.voters, &range.members.learners})
    for (const NodeId node : *nodes)
      if (node != NodeId{node_id_}) led.nodes.insert(node);
}

void Durable::look() {
  store_->run([this](const store::Keeper& keeper) {
    desk_.refresh(keeper);
    service::inbox::Counts sum;
    Led led;
    keeper.replicas().each([&](const store::Replica& replica) {
      const auto found = inboxes_.find(replica.id());
      if (found == inboxes_.end() || !replica.leads()) return;
      add_led(replica.range().descriptor(), led);
      const service::inbox::Counts& counts = found->second->counts();
      sum.sessions += counts.sessions;
      sum.attached += counts.attached;
      sum.messages += counts.messages;
      sum.message_bytes += counts.message_bytes;
    });
    counts_.sessions.store(sum.sessions, std::memory_order_relaxed);
    counts_.attached.store(sum.attached, std::memory_order_relaxed);
    counts_.messages.store(sum.messages, std::memory_order_relaxed);
    counts_.message_bytes.store(sum.message_bytes, std::memory_order_relaxed);
    if (on_looked_) on_looked_(std::move(led));
  });
}

}  // namespace tenon::node
