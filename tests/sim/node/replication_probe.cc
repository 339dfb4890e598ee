#include "sim/node/replication_probe.h"

#include <span>
#include <vector>

#include "sim/world/trace.h"

namespace tenon::sim {
namespace {

// The calls of the table bring no more than the plugin's handles: the probes of all nodes that are up.
std::vector<ReplicationProbe*>& probes() {
  static std::vector<ReplicationProbe*> all;
  return all;
}

std::uint64_t digest_of_entry(const tenon_committed& entry) {
  const std::string_view data(reinterpret_cast<const char*>(entry.data.data), entry.data.len);
  return digest_of(data, entry.type + 1);
}

}  // namespace

ReplicationProbe::ReplicationProbe(const store::Replication& plugin, std::uint32_t node,
                                   NodeObserver& observer,
                                   std::function<void(const kv::RangeId& range)> opening)
    : plugin_(plugin), node_(node), observer_(observer), opening_(std::move(opening)), table_(*plugin.table) {
  table_.open = &ReplicationProbe::open;
  table_.group_open = &ReplicationProbe::group_open;
  table_.group_close = &ReplicationProbe::group_close;
  table_.turn = &ReplicationProbe::turn;
  table_.step_v = &ReplicationProbe::step_v;
  table_.peer_state = &ReplicationProbe::peer_state;
  table_.conclude = &ReplicationProbe::conclude;
  table_.read_index = &ReplicationProbe::read_index;
  table_.snapshot_installed = &ReplicationProbe::snapshot_installed;
  probes().push_back(this);
}

ReplicationProbe::~ReplicationProbe() {
  std::erase(probes(), this);
}

ReplicationProbe::Group* ReplicationProbe::find(tenon_group* handle) {
  for (ReplicationProbe* probe : probes())
    for (const auto& [range, group] : probe->groups_)
      if (group->handle == handle) return group.get();
  return nullptr;
}

ReplicationProbe* ReplicationProbe::find(const tenon_replicator* replicator) {
  for (ReplicationProbe* probe : probes())
    if (probe->replicator_ == replicator) return probe;
  return nullptr;
}

ReplicationProbe::Group* ReplicationProbe::find(const tenon_group_id& id) {
  const auto found = groups_.find({id.range, id.incarnation});
  return found == groups_.end() ? nullptr : found->second.get();
}

bool ReplicationProbe::change(const kv::RangeId& range, const tenon_membership& target) {
  const auto found = groups_.find(range);
  if (found == groups_.end() || !found->second->handle) return false;
  return plugin_.table->change(found->second->handle, &target) == TENON_OK;
}

bool ReplicationProbe::transfer(const kv::RangeId& range, std::uint64_t to) {
  const auto found = groups_.find(range);
  if (found == groups_.end() || !found->second->handle) return false;
  return plugin_.table->transfer(found->second->handle, to) == TENON_OK;
}

tenon_status ReplicationProbe::open(tenon_plugin* self, const tenon_replication_open* open,
                                    tenon_replicator** ret_replicator, tenon_error* error) {
  for (ReplicationProbe* probe : probes()) {
    if (probe->plugin_.instance != self) continue;
    probe->host_env_ = *open->env;
    probe->host_user_ = open->user;
    probe->env_ = make_env(*open->env);
    tenon_replication_open probed = *open;
    probed.env = &probe->env_;
    probed.user = probe;
    const tenon_status status = probe->plugin_.table->open(self, &probed, ret_replicator, error);
    if (status == TENON_OK) probe->replicator_ = *ret_replicator;
    return status;
  }
  return TENON_E_INTERNAL;
}

tenon_status ReplicationProbe::group_open(tenon_replicator* replicator, const tenon_group_open* open,
                                          tenon_group** ret_group, tenon_error* error) {
  for (ReplicationProbe* probe : probes()) {
    if (probe->replicator_ != replicator) continue;
    auto group = std::make_unique<Group>();
    group->probe = probe;
    group->range = {open->id.range, open->id.incarnation};
    group->user = open->group_user;
    group->applied = open->applied.index;
    probe->opening_(group->range);
    tenon_group_open probed = *open;
    probed.group_user = group.get();
    probe->observer_.on_joined(probe->node_, group->range, {open->applied.index, open->applied.term},
                               *open->membership);
    const tenon_status status = probe->plugin_.table->group_open(replicator, &probed, ret_group, error);
    if (status == TENON_OK) group->handle = *ret_group;
    probe->groups_[group->range] = std::move(group);
    return status;
  }
  return TENON_E_INTERNAL;
}

void ReplicationProbe::group_close(tenon_group* handle) {
  Group* group = find(handle);
  if (!group) return;
  group->handle = nullptr;
  group->probe->plugin_.table->group_close(handle);
}

std::uint32_t ReplicationProbe::turn(tenon_replicator* replicator) {
  ReplicationProbe* probe = find(replicator);
  if (!probe) return 0;
  const std::uint32_t more = probe->plugin_.table->turn(replicator);
  probe->look_at_groups();
  return more;
}

void ReplicationProbe::step_v(tenon_replicator* replicator, const tenon_peer_message* messages,
                              std::uint64_t count) {
  ReplicationProbe* probe = find(replicator);
  if (!probe) return;
  for (const tenon_peer_message& message : std::span(messages, count)) {
    Group* group = probe->find(message.group);
    if (!group || !group->handle) continue;
    group->was_touched = true;
    probe->observer_.on_received(probe->node_, message);
  }
  probe->plugin_.table->step_v(replicator, messages, count);
}

void ReplicationProbe::peer_state(tenon_replicator* replicator, std::uint64_t node, std::uint32_t state) {
  ReplicationProbe* probe = find(replicator);
  if (!probe) return;
  probe->observer_.on_peer_state(probe->node_, node, state == TENON_PEER_UP);
  probe->plugin_.table->peer_state(replicator, node, state);
}

tenon_status ReplicationProbe::conclude(tenon_group* handle, tenon_log_point* ret_end) {
  Group* group = find(handle);
  const tenon_status status = group->probe->plugin_.table->conclude(handle, ret_end);
  if (status == TENON_OK)
    group->probe->observer_.on_concluded(group->probe->node_, group->range, {ret_end->index, ret_end->term});
  return status;
}

void ReplicationProbe::ask_for_reads() {
  for (const auto& [range, group] : groups_)
    if (group->handle) (void)read_index(group->handle, ++last_own_read_);
}

void ReplicationProbe::look_at_groups() {
  for (const auto& [range, group] : groups_) {
    if (!group->handle || !std::exchange(group->was_touched, false)) continue;
    tenon_group_status status{};
    status.struct_size = sizeof status;
    if (plugin_.table->status(group->handle, &status) == TENON_OK) observer_.on_status(node_, range, status);
  }
}

tenon_status ReplicationProbe::read_index(tenon_group* handle, std::uint64_t context) {
  Group* group = find(handle);
  group->probe->observer_.on_read_asked(group->probe->node_, group->range, context);
  return group->probe->plugin_.table->read_index(handle, context);
}

tenon_status ReplicationProbe::snapshot_installed(tenon_group* handle, tenon_log_point at,
                                                  const tenon_membership* membership) {
  Group* group = find(handle);
  const tenon_status status = group->probe->plugin_.table->snapshot_installed(handle, at, membership);
  if (status != TENON_OK) return status;
  group->applied = at.index;
  group->was_touched = true;
  group->probe->observer_.on_joined(group->probe->node_, group->range, {at.index, at.term}, *membership);
  return status;
}

tenon_replication_env ReplicationProbe::make_env(const tenon_replication_env& host) {
  tenon_replication_env env = host;
  env.send_v = &ReplicationProbe::send_v;
  env.write_v = &ReplicationProbe::write_v;
  env.apply = &ReplicationProbe::apply;
  env.read_ready = &ReplicationProbe::read_ready;
  env.role_changed = &ReplicationProbe::role_changed;
  env.snapshot_wanted = [](void* raw, std::uint64_t to) {
    const Group& group = *static_cast<Group*>(raw);
    group.probe->host_env_.snapshot_wanted(group.user, to);
  };
  env.poisoned = [](void* raw, tenon_bytes reason) {
    const Group& group = *static_cast<Group*>(raw);
    group.probe->host_env_.poisoned(group.user, reason);
  };
  return env;
}

void ReplicationProbe::send_v(void* raw, const tenon_peer_message* messages, std::uint64_t count) {
  ReplicationProbe& probe = *static_cast<ReplicationProbe*>(raw);
  for (const tenon_peer_message& message : std::span(messages, count)) {
    if (Group* group = probe.find(message.group)) group->was_touched = true;
    probe.observer_.on_sent(probe.node_, message);
  }
  probe.host_env_.send_v(probe.host_user_, messages, count);
}

void ReplicationProbe::write_v(void* raw, const tenon_log_write* writes, std::uint64_t count,
                               std::uint64_t* ret_sequence) {
  ReplicationProbe& probe = *static_cast<ReplicationProbe*>(raw);
  for (const tenon_log_write& write : std::span(writes, count))
    if (Group* group = probe.find(write.group)) group->was_touched = true;
  probe.observer_.on_log_write(probe.node_, {writes, count});
  probe.host_env_.write_v(probe.host_user_, writes, count, ret_sequence);
}

// An entry that is not the next one must not reach a machine, which may do anything with it.
tenon_status ReplicationProbe::apply(void* raw, const tenon_committed* entries, std::uint64_t count) {
  Group& group = *static_cast<Group*>(raw);
  ReplicationProbe& probe = *group.probe;
  std::uint64_t next = group.applied;
  for (const tenon_committed& entry : std::span(entries, count))
    if (entry.at.index != ++next) {
      probe.observer_.on_misapplied(probe.node_, group.range, entry.at.index, next);
      return TENON_E_STATE;
    }
  const tenon_status status = probe.host_env_.apply(group.user, entries, count);
  if (status != TENON_OK) return status;
  group.applied = next;
  group.was_touched = true;
  for (const tenon_committed& entry : std::span(entries, count))
    probe.observer_.on_committed(probe.node_, group.range, {entry.at.index, entry.at.term},
                                 digest_of_entry(entry));
  return status;
}

void ReplicationProbe::read_ready(void* raw, std::uint64_t context, tenon_status status,
                                  std::uint64_t index) {
  const Group& group = *static_cast<Group*>(raw);
  ReplicationProbe& probe = *group.probe;
  if (status == TENON_OK) probe.observer_.on_read_ready(probe.node_, group.range, context, index);
  if ((context & own_read_bit) == 0) probe.host_env_.read_ready(group.user, context, status, index);
}

void ReplicationProbe::role_changed(void* raw, const tenon_role* role) {
  Group& group = *static_cast<Group*>(raw);
  group.was_touched = true;
  if (role->role == TENON_ROLE_LEADER)
    group.probe->observer_.on_leads(group.probe->node_, group.range, role->term);
  group.probe->host_env_.role_changed(group.user, role);
}

}  // namespace tenon::sim
