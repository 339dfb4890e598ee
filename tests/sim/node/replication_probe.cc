#include "sim/node/replication_probe.h"

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
                                   NodeObserver& observer)
    : plugin_(plugin), node_(node), observer_(observer), table_(*plugin.table) {
  table_.open = &ReplicationProbe::open;
  table_.group_open = &ReplicationProbe::group_open;
  probes().push_back(this);
}

ReplicationProbe::~ReplicationProbe() {
  std::erase(probes(), this);
}

tenon_status ReplicationProbe::open(tenon_plugin* self, const tenon_replication_open* open,
                                    tenon_replicator** ret_replicator, tenon_error* error) {
  for (ReplicationProbe* probe : probes()) {
    if (probe->plugin_.instance != self) continue;
    probe->host_env_ = *open->env;
    probe->env_ = make_env(*open->env);
    tenon_replication_open probed = *open;
    probed.env = &probe->env_;
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
    tenon_group_open probed = *open;
    probed.group_user =
        &probe->groups_.emplace_back(Group{probe, {open->id.range, open->id.incarnation}, open->group_user});
    return probe->plugin_.table->group_open(replicator, &probed, ret_group, error);
  }
  return TENON_E_INTERNAL;
}

tenon_replication_env ReplicationProbe::make_env(const tenon_replication_env& host) {
  tenon_replication_env env = host;
  env.apply = &ReplicationProbe::apply;
  env.role_changed = &ReplicationProbe::role_changed;
  env.read_ready = [](void* raw, std::uint64_t context, tenon_status status, std::uint64_t index) {
    const Group& group = *static_cast<Group*>(raw);
    group.probe->host_env_.read_ready(group.user, context, status, index);
  };
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

tenon_status ReplicationProbe::apply(void* raw, const tenon_committed* entries, std::uint64_t count) {
  const Group& group = *static_cast<Group*>(raw);
  const tenon_status status = group.probe->host_env_.apply(group.user, entries, count);
  if (status != TENON_OK) return status;
  for (std::uint64_t i = 0; i < count; ++i)
    group.probe->observer_.on_committed(group.probe->node_, group.range,
                                        {entries[i].at.index, entries[i].at.term},
                                        digest_of_entry(entries[i]));
  return status;
}

void ReplicationProbe::role_changed(void* raw, const tenon_role* role) {
  const Group& group = *static_cast<Group*>(raw);
  if (role->role == TENON_ROLE_LEADER)
    group.probe->observer_.on_leads(group.probe->node_, group.range, role->term);
  group.probe->host_env_.role_changed(group.user, role);
}

}  // namespace tenon::sim
