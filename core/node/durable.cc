#include "node/durable.h"

#include <algorithm>
#include <iterator>

#include "base/executor.h"
#include "base/tenant.h"
#include "kv/source_id.h"
#include "node/identity.h"
#include "node/operate/given_up/given_up_file.h"
#include "node/peers/peer_plan.h"
#include "node/plugins/plugin_plan.h"
#include "node/recovery_health.h"
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

// Of looking at what ranges hold, a second.
constexpr int survey_slices = 8;

constexpr StoreId all_stores[] = {StoreId::dist, StoreId::inbox, StoreId::retain, StoreId::meta};

std::vector<std::string> first_split_keys(StoreId store, std::uint32_t range_count) {
  // Only sessions are spread over several ranges from the start: their keys are known to spread evenly.
  if (store != StoreId::inbox) return {};
  return service::inbox::split_points(default_tenant, range_count);
}

std::string range_name(const kv::RangeId& range) {
  return "range " + std::to_string(range.number);
}

}  // namespace

Durable::Durable(const config::Settings& settings, host::PluginHost& plugins,
                 const host::HostServices& services, Disk& disk, const Clock& clock, Random& random,
                 observe::Log& log, observe::Health& health)
    : settings_(settings),
      plugins_(plugins),
      services_(services),
      disk_(disk),
      clock_(clock),
      random_(random),
      log_(log),
      health_(health),
      node_health_(health),
      desk_(random, log),
      peers_(health, clock, settings.cluster) {}

Durable::~Durable() {
  stop();
}

Status Durable::open() {
  const auto kept = read_kept_identity(disk_, settings_.node.data_dir);
  if (!kept.ok() && kept.error().code != Errc::corrupt) return kept.error();
  if (kept.ok()) kept_ = *kept;
  if (Status opened = open_engines(); !opened.ok()) return opened;
  if (Status opened = open_journal(); !opened.ok()) return opened;
  if (kept.ok()) return open_identity_again();
  // The engine knows the same; where it does not, nobody does.
  const auto known = read_cluster_id(engine_of(StoreId::meta));
  if (!known.ok() || *known == 0) return kept.error();
  log_.write(events::storage_engine_failed, kept.error().message + "; it is written again");
  return open_identity_again();
}

Status Durable::open_identity_again() {
  if (!has_engine(StoreId::meta)) return go_on_as_known();
  store::Engine& meta = engine_of(StoreId::meta);
  const auto identity = open_identity(meta, random_, kept_);
  if (!identity.ok() && may_close(settings_of(StoreId::meta).state, identity.error())) {
    close_engine(settings_of(StoreId::meta).state, identity.error().message);
    return go_on_as_known();
  }
  if (!identity.ok()) return identity.error();
  node_id_ = identity->id;
  start_number_ = identity->start_number;
  if (identity->was_lost) {
    log_.write(events::storage_engine_failed,
               "the engine of store meta has lost what it held" +
                   std::string(has_peers() ? "; it is to come from the other nodes" : ""),
               {{"engine", meta.name()}});
    if (has_peers())
      if (Status known = keep_cluster_id(meta, kept_.cluster_id); !known.ok()) return known;
  }
  return keep();
}

Status Durable::go_on_as_known() {
  node_id_ = kept_.id;
  start_number_ = kept_.start_number + 1;
  return keep();
}

Result<std::uint64_t> Durable::read_known_cluster_id() const {
  const auto meta = engines_.find(settings_of(StoreId::meta).state);
  return meta == engines_.end() ? Result<std::uint64_t>(kept_.cluster_id) : read_cluster_id(*meta->second);
}

// What the file beside the engines says.
Status Durable::keep() {
  const auto cluster_id = read_known_cluster_id();
  if (!cluster_id.ok()) return cluster_id.error();
  kept_ = {node_id_, start_number_, *cluster_id};
  return keep_identity(disk_, settings_.node.data_dir, kept_);
}

bool Durable::has_peers() const {
  return kept_.cluster_id != 0 && wants_peers(settings_.cluster);
}

const config::StoreSettings& Durable::settings_of(StoreId store) const {
  return *std::find_if(settings_.stores.begin(), settings_.stores.end(),
                       [&](const auto& one) { return one.name == kv::to_string(store); });
}

bool Durable::has_engine(StoreId store) const {
  return engines_.contains(settings_of(store).state);
}

store::Engine& Durable::engine_of(StoreId store) {
  return *engines_.at(settings_of(store).state);
}

Status Durable::open_engines() {
  for (const auto& store : settings_.stores) {
    if (engines_.contains(store.state)) continue;
    Status opened = open_engine(store.state);
    if (closed_engines_.contains(store.state)) continue;
    if (!opened.ok() && may_close(store.state, opened.error())) {
      close_engine(store.state, opened.error().message);
      continue;
    }
    if (!opened.ok() && opened.error().code == Errc::corrupt && has_peers())
      opened = set_aside(store.state, opened.error().message);
    if (!opened.ok()) return opened;
  }
  return {};
}

// Who is alone has nowhere to get it from, and does without. Before it has founded anything there is nothing
// to do without, and the files may be anybody's.
bool Durable::may_close(const std::string& name, const Error& error) const {
  const bool has_journal = settings_.stores.front().log == name;
  return error.code == Errc::corrupt && !has_journal && kept_.cluster_id != 0 && !has_peers();
}

const std::string& Durable::path_of(const std::string& engine) const {
  return std::find_if(settings_.engines.begin(), settings_.engines.end(),
                      [&](const auto& one) { return one.name == engine; })
      ->path;
}

void Durable::close_engine(const std::string& name, const std::string& why) {
  engines_.erase(name);
  closed_engines_.insert(name);
  log_.write(events::storage_engine_failed,
             why + "; what is in " + path_of(name) + " is left as it is and not served, the rest is",
             {{"engine", name}});
  health_.set(name, observe::HealthState::degraded, why + "; " + path_of(name) + " is not served");
  for (const StoreId store : {StoreId::dist, StoreId::retain})
    if (settings_of(store).state == name) health_.set_closed(name, kv::to_string(store));
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

Status Durable::set_aside(const std::string& name, const std::string& why) {
  const std::string& path = path_of(name);
  const std::string aside = path + ".damaged-" + std::to_string(clock_.unix_ms());
  log_.write(events::storage_engine_failed,
             why + "; it is kept as " + aside + ", and what it held is to come from the other nodes",
             {{"engine", name}});
  engines_.erase(name);
  if (Status moved = disk_.rename(path, aside); !moved.ok()) return moved;
  if (Status made = disk_.make_dirs(path); !made.ok()) return made;
  return open_engine(name);
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
  for (const StoreId store : all_stores)
    if (settings_of(store).ack == config::StoreAck::all) options.replicas.ack_all.insert(store);
  options.start_number = start_number_;
  options.source = kv::make_source(NodeId{node_id_}, start_number_, random_.next());
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
  const Status joined = join_cluster();
  if (damaged_engines_.empty()) return joined.ok() ? make_planner() : joined;
  // Begins again without what is damaged. What it was like is nobody's but this start's.
  forget_store();
  for (const auto& [name, why] : std::exchange(damaged_engines_, {}))
    if (Status aside = set_aside(name, why); !aside.ok()) return aside;
  if (Status known = open_identity_again(); !known.ok()) return known;
  return make_store(tables);
}

void Durable::forget_store() {
  store_.reset();
  founding_.reset();
  inboxes_.clear();
  followed_.clear();
  for (const kv::RangeId& range : std::exchange(failed_, {})) (void)health_.clear(range_name(range));
}

// An engine that is damaged can't be mended row by row: all that it holds comes from the other nodes.
void Durable::look_at_damage(const std::string& engine, const Error& error) {
  if (!has_peers() || damaged_engines_.contains(engine)) return;
  // With the journal in it, it can't be closed any more; the next start finds it damaged when it opens it.
  if (settings_.stores.front().log == engine) return;
  if (error.code != Errc::corrupt && error.code != Errc::io) return;
  if (const Status sound = engines_.at(engine)->verify(); !sound.ok())
    damaged_engines_.emplace(engine, sound.error().message);
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
  look_for_lost_journal(records);
  open_ranges(records);
  return {};
}

// Nothing is applied that was not in the journal, so that it has a group for each state.
void Durable::look_for_lost_journal(const std::vector<kv::RangeRecord>& records) {
  const bool has_states =
      std::ranges::any_of(records, [](const auto& record) { return record.applied.index > 0; });
  if (!groups_.empty() || !has_states) return;
  log_.write(
      events::storage_engine_failed,
      "the journal is empty, and the engines hold replicas: what this node has acknowledged and not yet "
      "written to its engines is gone, and so is whom it has voted for",
      {{"engine", settings_.stores.front().log}, {"replicas", records.size()}});
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
  for (const StoreId store : all_stores) {
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

store::StoreEvents Durable::store_events() {
  store::StoreEvents to;
  to.range_opened = [this](const kv::RangeId& range, const kv::Descriptor& descriptor) {
    replica_opened(range, descriptor);
  };
  to.range_closed = [this](const kv::RangeId& range) { replica_closed(range); };
  to.engine_of = [this](StoreId store) {
    const bool is_open = founding_ && founding_->cluster_id() != 0 && has_engine(store) &&
                         services_of(settings_.services).takes(store);
    return is_open ? &engine_of(store) : nullptr;
  };
  to.member_policy = [this](StoreId store) {
    store::MemberPolicy policy{settings_of(store).voters, settings_of(store).learners < 0};
    if (policy.all_learn) policy.excluded = who_does_not_learn(store);
    return policy;
  };
  to.members_report = [this](const kv::RangeId& range, const std::string& what) {
    log_.write(events::storage_members_changed, what, {{"range", range.number}});
  };
  to.recovery_report = [this](const kv::RangeId& range, const std::string& what) {
    log_.write(events::storage_range_recovered, what,
               {{"range", range.number}, {"incarnation", range.incarnation}});
  };
  to.keep_given_up = [this](const store::GivenUp& given_up) {
    return write_given_up(disk_, settings_.node.data_dir, given_up, node_id_text(node_id_), clock_.unix_ms());
  };
  to.leader_changed = [this](const kv::RangeId& range, NodeId leader) {
    log_.write(events::storage_leader_changed,
               leader == NodeId::none ? "no leader is known" : "a leader is known",
               {{"range", range.number}, {"leader", node_id_text(static_cast<std::uint64_t>(leader))}});
  };
  to.caught_up = [this](const kv::RangeId& range) { caught_up(range); };
  to.fell_behind = [this](const kv::RangeId& range) { fell_behind(range); };
  to.contact_settled = [this](NodeId) { routes_->link_settled(); };
  to.range_changed = [this](const kv::RangeId& range, const kv::Descriptor& descriptor) {
    if (founding_) founding_->on_range(range, descriptor);
    // A state that was installed may be of more keys than the replica had.
    look_soon_whether_complete();
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
    const kv::Descriptor* descriptor = store_->keeper().ranges().descriptor(range);
    replica_failed(range, descriptor ? descriptor->store : StoreId::meta, why);
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
  peers_.connect(*store_, network, *planner_);
  peers_.connect(*routes_);
  peers_.when_removed([this](NodeId by) {
    log_.write(
        events::peer_self_removed,
        "this node was removed from the cluster, and its id is not let in again: to join anew, give it an "
        "empty data directory",
        {{"by", node_id_text(static_cast<std::uint64_t>(by))}});
  });
  planner_->connect([this](NodeId to, std::string&& facts) {
    peers_.send(to, store::PeerMessage::facts, std::move(facts));
  });
}

Status Durable::make_planner() {
  auto planner = Planner::create({settings_, clock_, random_, log_, desk_, node_id_, start_number_});
  if (!planner.ok()) return planner.error();
  planner_ = std::move(planner).value();
  desk_.when_ended([this](const admin::OrderStatus& order) { planner_->on_order(order); });
  make_meta();
  make_rules();
  make_marks();
  return {};
}

void Durable::make_meta() {
  meta_ = std::make_unique<MetaWatch>(MetaWatch::World{
      clock_,
      [this](store::Request&& request, std::function<void(store::Answer &&)> answered) {
        store_->ask(std::move(request), std::move(answered));
      },
      [this](std::function<void()> fn) { services_.executor->post_control(make_task(std::move(fn))); }});
}

void Durable::make_rules() {
  balancers_ = std::make_unique<BalancerSet>(settings_, plugins_, services_,
                                             [this](std::vector<balance::BalancerSetup>&& setups) {
                                               planner_->set_balancers(std::move(setups));
                                               if (on_balancers_changed_) on_balancers_changed_();
                                             });
  // Until the rules are known; nothing is planned before that.
  balancers_->apply({});
  RuleDesk::World world{
      *meta_, random_, log_, node_health_, node_id_text(node_id_), [this](std::uint64_t number) {
        planner_->rules_known(number);
      }};
  rules_ = std::make_unique<RuleDesk>(std::move(world), *balancers_);
  planner_->await_rules([this] { return meta_->want(); });
}

void Durable::make_marks() {
  MarkDesk::World world{*meta_, [this](const NodeMarks& marks) { take_marks(marks); },
                        [this](std::uint64_t number) { planner_->marks_known(number); }};
  marks_ = std::make_unique<MarkDesk>(std::move(world));
  planner_->await_marks([this] { return meta_->want(); });
}

void Durable::take_marks(const NodeMarks& marks) {
  planner_->set_marks(marks);
  std::set<NodeId> gone;
  for (const auto& [node, mark] : marks.removed) gone.insert(node);
  store_->run([this, marks, gone](store::Keeper& keeper) {
    store_marks_ = marks;
    keeper.set_removed(gone);
  });
  if (network_) {
    std::set<peer::NodeId> out;
    for (const NodeId node : gone) out.insert(peer::NodeId{static_cast<std::uint64_t>(node)});
    network_->set_removed(std::move(out));
    services_.executor->post(0, make_task([this, gone] { peers_.set_removed(gone); }));
  }
  if (on_marks_) on_marks_(marks);
}

// Two that are drained at once must not hand each other what they lead.
void Durable::give_leaders() {
  store_->run([this](store::Keeper& keeper) {
    const auto may_lead = [this](NodeId node) { return !store_marks_.takes_nothing(node); };
    const std::size_t left = keeper.led().hand_over({}, may_lead);
    count_replicas(keeper);
    // Who sees it sees the other counts, too.
    left_to_give_.store(left, std::memory_order_release);
  });
}

Durable::Had Durable::had() const {
  const std::size_t left = left_to_give_.load(std::memory_order_acquire);
  return {leader_count_.load(std::memory_order_relaxed), replica_count_.load(std::memory_order_relaxed),
          left};
}

void Durable::count_replicas(const store::Keeper& keeper) {
  std::size_t leaders = 0;
  std::size_t replicas = 0;
  keeper.replicas().each([&](const store::Replica& replica) {
    ++replicas;
    if (replica.leads()) ++leaders;
  });
  leader_count_.store(leaders, std::memory_order_relaxed);
  replica_count_.store(replicas, std::memory_order_relaxed);
}

void Durable::conf_changed(const config::Settings& settings) {
  balancers_->conf_changed(settings);
  rules_->conf_changed();
}

void Durable::look_at_meta(const std::vector<store::RangeView>& ranges) {
  std::optional<std::uint64_t> applied;
  for (const store::RangeView& range : ranges)
    if (range.descriptor.store == StoreId::meta && range.has_replica && !range.failed && !range.installing)
      applied = applied.value_or(0) + range.applied;
  meta_->look(applied);
}

Status Durable::start() {
  if (Status started = planner_->start(); !started.ok()) return started;
  if (Status started = store_->start(); !started.ok()) return started;
  run_on_store([this] { look_whether_complete(); });
  meta_->begin();
  return {};
}

void Durable::connect(broker::RemoteNodes& nodes, std::span<const std::unique_ptr<broker::Shard>> shards) {
  peers_.connect(nodes);
  nodes.connect(shards, peers_);
}

void Durable::stop() {
  if (planner_) planner_->stop();
  if (store_) store_->stop();
}

void Durable::add_led(const kv::Descriptor& range, Led& led) const {
  led.ranges.push_back(range.begin);
  for (const auto* nodes : {&range.members.voters, &range.members.learners})
    for (const NodeId node : *nodes)
      if (node != NodeId{node_id_}) led.nodes.insert(node);
}

bool Durable::hand_over() {
  planner_->leave();
  if (left_to_hand_over_.load(std::memory_order_relaxed) == 0) return true;
  store_->run([this](store::Keeper& keeper) {
    left_to_hand_over_.store(keeper.led().hand_over(), std::memory_order_relaxed);
  });
  return false;
}

void Durable::run_on_store(std::function<void()> fn) {
  store_->run([fn = std::move(fn)](store::Keeper&) { fn(); });
}

// One turn of the store thread for each slice, so that what has come meanwhile goes between them.
void Durable::survey(int slices) {
  store_->run([this, slices](const store::Keeper& keeper) {
    if (desk_.survey(keeper, clock_) && slices > 1) survey(slices - 1);
  });
}

void Durable::look() {
  survey(survey_slices);
  store_->run([this](const store::Keeper& keeper) {
    auto ranges = desk_.refresh(keeper);
    look_at_meta(ranges);
    show_recoveries(node_health_, ranges);
    planner_->look(std::move(ranges));
    count_replicas(keeper);
    look_soon_whether_complete();
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
