#include "store/replicas.h"

#include <algorithm>

#include "host/status_name.h"
#include "host/watch/breadcrumb.h"

namespace tenon::store {

namespace {

constexpr std::int64_t due_interval_ns = ns_per_s;
// Turns of the plugin within one of ours: what a single-node group proposes comes back at once only so far.
constexpr int plugin_turns_max = 4;

Replica& replica_of(void* group_user) {
  return *static_cast<Replica*>(group_user);
}

// The effects of a plugin's turn. Failures in there are the core's own.
tenon_replication_env make_env() {
  tenon_replication_env env{};
  env.struct_size = sizeof env;
  env.send_v = [](void* user, const tenon_peer_message* messages, std::uint64_t count) {
    const host::CoreScope core;
    static_cast<ReplicaPorts*>(user)->send({messages, count});
  };
  env.write_v = [](void* user, const tenon_log_write* writes, std::uint64_t count,
                   std::uint64_t* ret_sequence) {
    const host::CoreScope core;
    *ret_sequence = static_cast<ReplicaPorts*>(user)->append({writes, count});
  };
  env.apply = [](void* group_user, const tenon_committed* entries, std::uint64_t count) {
    const host::CoreScope core;
    return replica_of(group_user).apply({entries, count});
  };
  env.read_ready = [](void* group_user, std::uint64_t context, tenon_status status, std::uint64_t index) {
    const host::CoreScope core;
    replica_of(group_user).read_ready(context, status, index);
  };
  env.role_changed = [](void* group_user, const tenon_role* role) {
    const host::CoreScope core;
    replica_of(group_user).role_changed(*role);
  };
  env.snapshot_wanted = [](void* group_user, std::uint64_t to) {
    const host::CoreScope core;
    replica_of(group_user).snapshot_wanted(NodeId{to});
  };
  env.poisoned = [](void* group_user, tenon_bytes reason) {
    const host::CoreScope core;
    replica_of(group_user).poisoned(to_text(reason));
  };
  return env;
}

}  // namespace

Replicas::Replicas(const ReplicasOptions& options, const Replication& plugin, Journal& journal,
                   ReplicaPorts& ports, MakeMachine make_machine)
    : options_(options),
      plugin_(plugin),
      journal_(journal),
      ports_(ports),
      make_machine_(std::move(make_machine)),
      env_(make_env()),
      outgoing_(options.snapshots, *this),
      incoming_(options.snapshots, *this) {}

Replicas::~Replicas() {
  for (const auto& [id, replica] : replicas_) replica->close();
  if (!replicator_) return;
  const host::PluginScope scope(*plugin_.tag);
  plugin_.table->close(replicator_);
}

Status Replicas::open() {
  tenon_replication_open open{};
  open.struct_size = sizeof open;
  open.node = static_cast<std::uint64_t>(options_.self);
  open.seed = options_.seed;
  open.env = &env_;
  open.user = &ports_;
  open.log = &journal_.table();
  open.journal = journal_.handle();
  tenon_error error = host::fresh_error();
  const host::PluginScope scope(*plugin_.tag);
  const tenon_status status = plugin_.table->open(plugin_.instance, &open, &replicator_, &error);
  if (status == TENON_OK) return {};
  return Error{host::to_errc(status), "the replication plugin can't work: " + host::describe(status, error)};
}

Status Replicas::add(const kv::RangeRecord& record, Engine& engine, std::string_view hard_state) {
  kv::MergePort& merge_port = *this;
  auto replica = std::make_unique<Replica>(options_.self, plugin_, ports_, outgoing_, versions_, awake_,
                                           engine, record, make_machine_(record.descriptor.store), merge_port,
                                           options_.ack_all.contains(record.descriptor.store));
  if (Status opened = replica->open(replicator_, hard_state); !opened.ok()) return opened;
  touch(record.id);
  replicas_.emplace(record.id, std::move(replica));
  return {};
}

void Replicas::remove(const RangeId& range) {
  Replica* replica = replica_of(range);
  if (!replica) return;
  replica->leave();
  incoming_.forget(range);
  touched_.erase(range);
  awake_.erase(range);
  to_flush_.erase(range);
  installing_.erase(range);
  replicas_.erase(range);
}

const Replica* Replicas::find(const RangeId& range) const {
  const auto found = replicas_.find(range);
  return found == replicas_.end() ? nullptr : found->second.get();
}

Replica* Replicas::replica_of(const RangeId& range) {
  return const_cast<Replica*>(find(range));
}

void Replicas::request(const RangeId& range, Request::Kind kind, const kv::Command& command,
                       const ReplyTo& to) {
  Replica* replica = replica_of(range);
  if (!replica) return ports_.answer(to, {AnswerCode::not_leader, NodeId::none, {}, 0, {}});
  // One that sleeps was told the time a second ago at best.
  replica->pass_time(now_ns_, unix_ms_);
  replica->request(kind, command, to, unix_ms_);
  if (replica->has_work()) touch(range);
  // An order goes on with the ticks, which pass by those that sleep.
  if (replica->is_awake()) awake_.insert(range);
}

void Replicas::step(std::span<const tenon_peer_message> messages) {
  const host::PluginScope scope(*plugin_.tag);
  plugin_.table->step_v(replicator_, messages.data(), messages.size());
}

bool Replicas::on_snapshot(NodeId from, std::string_view body) {
  const auto message = read_snapshot_message(body);
  if (!message) return false;
  if (message->kind == SnapshotMessage::Kind::chunk)
    incoming_.on_chunk(from, *message);
  else
    outgoing_.on_message(from, *message);
  return true;
}

bool Replicas::all_know(kv::Command::Kind kind, const std::vector<NodeId>& nodes) const {
  constexpr std::size_t set = kv::CommandVersions::entries;
  const std::uint8_t version = kv::version_of(kind);
  return versions_.everybody_knows(set, version) && std::all_of(nodes.begin(), nodes.end(), [&](NodeId node) {
           return node == options_.self || versions_.has_said(node, set, version);
         });
}

void Replicas::persisted(std::uint64_t sequence) {
  const host::PluginScope scope(*plugin_.tag);
  plugin_.table->persisted(replicator_, sequence);
}

void Replicas::peer_state(NodeId node, bool up) {
  outgoing_.on_peer(node, up);
  incoming_.on_peer(node);
  const host::PluginScope scope(*plugin_.tag);
  plugin_.table->peer_state(replicator_, static_cast<std::uint64_t>(node),
                            up ? TENON_PEER_UP : TENON_PEER_DOWN);
}

void Replicas::renew_contact() {
  for (const auto& [id, replica] : replicas_)
    if (replica->range().descriptor().store == StoreId::dist) replica->renew_contact();
}

void Replicas::tick(MonoNs now_ns, UnixMs unix_ms) {
  now_ns_ = now_ns;
  unix_ms_ = unix_ms;
  outgoing_.tick(now_ns);
  incoming_.tick(now_ns);
  {
    const host::PluginScope scope(*plugin_.tag);
    plugin_.table->tick(replicator_, now_ns);
  }
  for (const RangeId& id : awake_) {
    Replica& replica = *replica_of(id);
    replica.catch_up(now_ns);
    replica.step_order(now_ns, unix_ms);
    if (replica.has_work()) touch(id);
  }
  new_leaders_.tick(now_ns, [this](const RangeId& range) { return replica_of(range); });
  if (now_ns - due_ns_ < due_interval_ns) return;
  due_ns_ = now_ns;
  for (const auto& [id, replica] : replicas_) {
    replica->pass_time(now_ns, unix_ms);
    replica->propose_due(unix_ms);
    replica->forget_sources(starts_, unix_ms);
    if (replica->has_work()) touch(id);
  }
}

bool Replicas::turn() {
  bool more = true;
  for (int i = 0; i < plugin_turns_max && more; ++i) {
    for (const RangeId& id : touched_) replica_of(id)->propose(unix_ms_);
    {
      const host::PluginScope scope(*plugin_.tag);
      more = plugin_.table->turn(replicator_) != 0;
    }
    for (const RangeId& id : touched_) {
      replica_of(id)->answer_reads(unix_ms_);
      replica_of(id)->answer_held();
    }
  }
  remove_retired();
  std::erase_if(touched_, [this](const RangeId& id) { return !replica_of(id)->has_work(); });
  close_failed();
  open_children();
  hand_out_absorbed();
  flush_what_is_due();
  std::erase_if(awake_, [this](const RangeId& id) { return !replica_of(id)->is_awake(); });
  outgoing_.turn();
  const bool may_install = do_install_steps();
  // What waits for an engine to have room keeps the plugin asking for turns; the next tick is soon enough.
  return (more && !holds_) || may_install || !to_flush_.empty();
}

void Replicas::log_damaged(const RangeId& range, const std::string& why) {
  Replica* replica = replica_of(range);
  if (replica == nullptr) return;
  replica->poisoned(why);
  replica->close();
}

void Replicas::give_up_followers(const std::string& why) {
  for (const auto& [id, replica] : replicas_)
    if (!replica->leads() && !replica->failed()) log_damaged(id, why);
}

// One that can't go on leaves its group, so that the others elect.
void Replicas::close_failed() {
  for (const RangeId& id : awake_)
    if (Replica& replica = *replica_of(id); replica.failed()) replica.close();
}

bool Replicas::do_install_steps() {
  bool has_more = false;
  std::erase_if(installing_, [&](const RangeId& id) {
    Replica& replica = *replica_of(id);
    // Whether a failing engine takes it is tried with all that waits for that engine.
    if (replica.installing() && !retries_[&replica.engine()].failing()) (void)install_step(replica);
    if (!replica.installing() || replica.failed()) return true;
    has_more = has_more || !retries_[&replica.engine()].failing();
    return false;
  });
  return has_more;
}

Status Replicas::install_step(Replica& replica) {
  Status done = replica.install_step();
  if (!done.ok()) write_failed(replica, done.error());
  return done;
}

Result<std::unique_ptr<FrozenState>> Replicas::freeze(const RangeId& range) {
  Replica* replica = replica_of(range);
  if (!replica || !replica->leads() || replica->failed())
    return Error{Errc::invalid, "this node does not lead the range"};
  if (Status flushed = flush(*replica); !flushed.ok()) return flushed.error();
  auto at = replica->engine().snapshot();
  if (!at.ok()) return at.error();
  return std::make_unique<FrozenState>(replica->engine(), std::move(at).value(), replica->range().record(),
                                       options_.snapshots.chunk_bytes);
}

void Replicas::snapshot_sent(const RangeId& range, NodeId to, tenon_status status, std::uint64_t index) {
  if (Replica* replica = replica_of(range)) replica->snapshot_sent(to, status, index);
}

Engine* Replicas::engine_of(const RangeId& range) {
  Replica* replica = replica_of(range);
  return replica && !replica->failed() && !replica->installing() ? &replica->engine() : nullptr;
}

std::uint64_t Replicas::held_index(const RangeId& range) {
  const Replica* replica = find(range);
  return replica ? replica->held_index() : 0;
}

Installed Replicas::install(const kv::RangeRecord& record) {
  Replica* replica = replica_of(record.id);
  if (!replica) return Installed::failed;
  const auto absorbed = held_within(record);
  for (const auto& range : absorbed)
    // A replica here is behind, and will let go of what the other one has now.
    if (!record.merges.has_absorbed(range.id)) return Installed::failed;
  const Result<Installed> installed = replica->install(record, absorbed);
  if (!installed.ok()) {
    engine_failed(replica->engine(), installed.error().message);
    return Installed::failed;
  }
  if (*installed != Installed::done) return *installed;
  installing_.insert(record.id);
  for (const auto& range : absorbed) {
    ports_.range_closing(range.id);
    remove(range.id);
    ports_.range_absorbed(range, replica->engine());
  }
  return Installed::done;
}

void Replicas::staging_failed(const RangeId& range, const std::string& why) {
  if (const Replica* replica = find(range)) ports_.engine_failed(replica->engine().name(), why);
}

// What the engine shows of the right range is all there is of it, so that the left one sees it by having its
// keys.
bool Replicas::absorb(const RangeId& left, const kv::MergeCommand& merge) {
  Replica* right = replica_of(merge.right);
  const Replica* own = find(left);
  if (!right || !own || right->failed() || right->installing() || &right->engine() != &own->engine())
    return false;
  if (right->range().record().frozen != kv::Frozen{left, merge.expected.boundary}) return false;
  if (!right->range().is_state_flushed() && !flush(*right).ok()) return false;
  right->retire();
  retired_.push_back(merge.right);
  return true;
}

bool Replicas::make_durable(Replica& frozen) {
  if (frozen.is_frozen_durably()) return true;
  if (frozen.dirty() && !flush(frozen).ok()) return false;
  if (!sync(frozen.engine()).ok()) return false;
  frozen.set_frozen_durably();
  return true;
}

void Replicas::remove_retired() {
  for (const RangeId& range : std::exchange(retired_, {})) {
    ports_.range_closing(range);
    remove(range);
  }
}

// What is left of a range goes once its engine says for good who has the items: a range that came back frozen
// after a loss of power would need its log.
void Replicas::hand_out_absorbed() {
  std::vector<std::pair<Engine*, kv::EngineBatch::Absorbed>> ready;
  for (const RangeId& id : awake_) {
    Replica& replica = *replica_of(id);
    if (!replica.has_absorbed() || replica.failed()) continue;
    if (retries_[&replica.engine()].failing()) continue;
    if (replica.dirty() && !flush(replica).ok()) continue;
    if (!sync(replica.engine()).ok()) continue;
    for (auto& range : replica.take_absorbed()) ready.emplace_back(&replica.engine(), std::move(range));
  }
  for (const auto& [engine, range] : ready) ports_.range_absorbed(range, *engine);
}

// Other replicas that hold keys which the record says are its.
std::vector<kv::EngineBatch::Absorbed> Replicas::held_within(const kv::RangeRecord& record) const {
  std::vector<kv::EngineBatch::Absorbed> found;
  for (const auto& [id, replica] : replicas_)
    if (id != record.id && kv::do_overlap(replica->range().descriptor(), record.descriptor))
      found.push_back({id, replica->range().descriptor()});
  return found;
}

// A range that was split off lives from the moment on at which its parent's engine has its record.
void Replicas::open_children() {
  std::vector<std::pair<const Replica*, kv::RangeRecord>> ready;
  for (const RangeId& id : awake_) {
    Replica& replica = *replica_of(id);
    if (!replica.has_children() || replica.failed()) continue;
    if (replica.dirty() && !retries_[&replica.engine()].failing()) (void)flush(replica);
    for (kv::RangeRecord& child : replica.take_children()) ready.emplace_back(&replica, std::move(child));
  }
  for (const auto& [parent, record] : ready) open_child(parent->engine(), parent->leads(), record);
}

void Replicas::open_child(Engine& engine, bool is_led, const kv::RangeRecord& record) {
  if (find(record.id)) return;
  if (Status opened = add(record, engine, ports_.hard_state(record.id)); !opened.ok())
    return ports_.replica_failed(record.id, opened.error().message);
  ports_.child_opened(record.id, record.descriptor);
  if (is_led) new_leaders_.add(record.id);
}

Result<kv::RangeRecord> Replicas::go_on_as(const RangeId& range, const kv::Recovery& recovery) {
  Replica& former = *replica_of(range);
  Engine& engine = former.engine();
  const auto record = former.go_on_as(recovery);
  if (!record.ok()) {
    engine_failed(engine, record.error().message);
    return record;
  }
  const kv::EngineBatch::Absorbed gone = former.as_former(recovery);
  const std::vector<kv::RangeRecord> children = former.take_children();
  const std::vector<kv::EngineBatch::Absorbed> absorbed = former.take_absorbed();
  ports_.range_closing(range);
  remove(range);
  ports_.range_absorbed(gone, engine);
  for (const auto& one : absorbed) ports_.range_absorbed(one, engine);
  ports_.range_changed(record->id, record->descriptor);
  open_child(engine, false, *record);
  for (const kv::RangeRecord& child : children) open_child(engine, false, child);
  return record;
}

void Replicas::flush_what_is_due() {
  retry_engines();
  const bool all = now_ns_ - flushed_ns_ >= options_.flush_interval_ns;
  if (all) flushed_ns_ = now_ns_;
  for (const RangeId& id : awake_) {
    const Replica& replica = *replica_of(id);
    if ((all && replica.dirty()) || replica.range().memory_bytes() > options_.overlay_bytes_max)
      to_flush_.insert(id);
  }
  flush_one();
  hold_what_is_full();
  if (now_ns_ - synced_ns_ < options_.sync_interval_ns) return;
  synced_ns_ = now_ns_;
  sync_engines();
}

// The one with the most in memory.
void Replicas::flush_one() {
  Replica* largest = nullptr;
  for (auto next = to_flush_.begin(); next != to_flush_.end();) {
    Replica* replica = replica_of(*next);
    if (!replica || !replica->dirty() || retries_[&replica->engine()].failing()) {
      next = to_flush_.erase(next);
      continue;
    }
    if (!largest || replica->range().memory_bytes() > largest->range().memory_bytes()) largest = replica;
    ++next;
  }
  if (!largest) return;
  to_flush_.erase(largest->id());
  (void)flush(*largest);
}

Status Replicas::flush(Replica& replica) {
  if (replica.failed()) return {};
  Status flushed = replica.flush();
  if (!flushed.ok()) write_failed(replica, flushed.error());
  return flushed;
}

// Damage is that of the replica's rows: those of others can be written. Behind any other failure the engine
// has latched, or its disk is full: what it holds stays as it was, and the log still has the rest.
void Replicas::write_failed(Replica& replica, const Error& error) {
  if (error.code == Errc::corrupt)
    replica.poisoned(error.message);
  else
    engine_failed(replica.engine(), error.message);
}

void Replicas::engine_failed(Engine& engine, const std::string& why) {
  if (retries_[&engine].failed(why, now_ns_)) ports_.engine_failed(engine.name(), why);
}

// An engine works again when it has taken, and made durable, all that waited for it.
void Replicas::retry_engines() {
  for (auto& [engine, retry] : retries_) {
    if (!retry.is_due(now_ns_) || !write_all(*engine).ok() || !sync(*engine).ok()) continue;
    retry.worked();
    ports_.engine_recovered(engine->name());
  }
}

Status Replicas::write_all(Engine& engine) {
  for (const auto& [id, replica] : replicas_)
    if (&replica->engine() == &engine && replica->dirty())
      if (Status flushed = flush(*replica); !flushed.ok() && !replica->failed()) return flushed;
  for (const RangeId& id : installing_)
    if (Replica& replica = *replica_of(id);
        &replica.engine() == &engine && replica.installing() && !replica.failed())
      if (Status done = install_step(replica); !done.ok() && !replica.failed()) return done;
  return {};
}

void Replicas::hold_what_is_full() {
  holds_ = false;
  for (const RangeId& id : awake_) {
    Replica& replica = *replica_of(id);
    const bool full = replica.range().memory_bytes() > options_.held_bytes_max;
    replica.hold(full);
    holds_ = holds_ || full;
  }
}

void Replicas::sync_engines() {
  std::set<Engine*> engines;
  for (const auto& [id, replica] : replicas_)
    if (!replica->failed()) engines.insert(&replica->engine());
  for (Engine* engine : engines)
    if (!retries_[engine].failing()) (void)sync(*engine);
}

Status Replicas::sync(Engine& engine) {
  Status synced = engine.sync();
  if (!synced.ok()) {
    engine_failed(engine, synced.error().message);
    return synced;
  }
  for (const auto& [id, replica] : replicas_)
    if (&replica->engine() == &engine && !replica->failed()) replica->synced(options_.log_keeping);
  return {};
}

bool Replicas::is_failing(const Engine& engine) const {
  const auto retry = retries_.find(const_cast<Engine*>(&engine));
  return retry != retries_.end() && retry->second.failing();
}

bool Replicas::rests() const {
  return awake_.empty() && installing_.empty() && to_flush_.empty() && !holds_ &&
         outgoing_.under_way() == 0 && incoming_.under_way() == 0;
}

bool Replicas::has_failing() const {
  return std::any_of(retries_.begin(), retries_.end(),
                     [](const auto& entry) { return entry.second.failing(); });
}

Status Replicas::settle() {
  for (const auto& [id, replica] : replicas_)
    if (replica->dirty())
      if (Status flushed = flush(*replica); !flushed.ok() && !replica->failed()) return flushed;
  sync_engines();
  return {};
}

}  // namespace tenon::store
