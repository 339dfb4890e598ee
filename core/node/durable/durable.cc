#include "node/durable/durable.h"

#include <algorithm>

#include "kv/senders/source_id.h"
#include "node/identity.h"
#include "node/peers/peer_plan.h"
#include "node/plugins/plugin_plan.h"
#include "node/recovery_health.h"

namespace tenon::node {

namespace events = observe::events;
using kv::NodeId;
using kv::StoreId;

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
  const auto identity = identity_in(meta);
  if (!identity.ok() && may_close(settings_of(StoreId::meta).state, identity.error())) {
    close_engine(settings_of(StoreId::meta).state, identity.error().message);
    return go_on_as_known();
  }
  if (!identity.ok()) return identity.error();
  node_id_ = identity->id;
  start_number_ = identity->start_number;
  if (identity->was_lost)
    log_.write(events::storage_engine_failed,
               "the engine of store meta has lost what it held" +
                   std::string(has_peers() ? "; it is to come from the other nodes" : ""),
               {{"engine", meta.name()}});
  return keep();
}

// Who is alone gets nothing back from others, so that files that are gone are as bad as damaged ones. In an
// engine that keeps nothing on disk nothing is missed: a node that is alone begins anew with each start.
Result<Identity> Durable::identity_in(store::Engine& meta) {
  if (!has_peers() && !meta.is_durable()) kept_.cluster_id = 0;
  const auto forgotten = has_forgotten_cluster(meta, kept_);
  if (!forgotten.ok()) return forgotten.error();
  if (*forgotten && !has_peers())
    return Error{Errc::corrupt, path_of(settings_of(StoreId::meta).state) +
                                    " is empty, but node.id says that the node has founded a cluster: put "
                                    "back what was there, or remove all of " +
                                    settings_.node.data_dir + " to begin anew"};
  return open_identity(meta, random_, kept_);
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

// What the file beside the engines says. It never forgets a cluster: others may count on the node's votes.
Status Durable::keep() {
  const auto cluster_id = read_known_cluster_id();
  if (!cluster_id.ok()) return cluster_id.error();
  if (*cluster_id == 0 && kept_.cluster_id != 0)
    return Error{Errc::internal, "the engine of store meta does not know the cluster that node.id names"};
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
  for (const StoreId store : kv::all_stores)
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

// An engine that is damaged can't be mended row by row: all that it holds comes from the other nodes.
void Durable::look_at_damage(const std::string& engine, const Error& error) {
  if (!has_peers() || damaged_engines_.contains(engine)) return;
  // With the journal in it, it can't be closed any more; the next start finds it damaged when it opens it.
  if (settings_.stores.front().log == engine) return;
  if (error.code != Errc::corrupt && error.code != Errc::io) return;
  if (const Status sound = engines_.at(engine)->verify(); !sound.ok())
    damaged_engines_.emplace(engine, sound.error().message);
}

}  // namespace tenon::node
