#pragma once

#include <tenon/draft/replication.h>

#include <deque>

#include "sim/node/observer.h"
#include "store/replica.h"

namespace tenon::sim {

// Stands between a replication plugin and its host, and tells an observer what the groups do. Lives as long
// as the plugin is used by one life of a node. One thread.
class ReplicationProbe {
 public:
  ReplicationProbe(const store::Replication& plugin, std::uint32_t node, NodeObserver& observer);
  ~ReplicationProbe();
  ReplicationProbe(const ReplicationProbe&) = delete;
  ReplicationProbe& operator=(const ReplicationProbe&) = delete;

  // The plugin, as the host is to see it.
  store::Replication replication() const { return {&table_, plugin_.instance, plugin_.tag}; }

 private:
  struct Group {
    ReplicationProbe* probe;
    kv::RangeId range;
    void* user;  // the host's
  };
  static tenon_replication_env make_env(const tenon_replication_env& host);
  static tenon_status open(tenon_plugin* self, const tenon_replication_open* open,
                           tenon_replicator** ret_replicator, tenon_error* error);
  static tenon_status group_open(tenon_replicator* replicator, const tenon_group_open* open,
                                 tenon_group** ret_group, tenon_error* error);
  static tenon_status apply(void* group, const tenon_committed* entries, std::uint64_t count);
  static void role_changed(void* group, const tenon_role* role);

  const store::Replication plugin_;
  const std::uint32_t node_;
  NodeObserver& observer_;
  tenon_replication table_;
  tenon_replication_env host_env_{};
  tenon_replication_env env_{};
  tenon_replicator* replicator_ = nullptr;
  std::deque<Group> groups_;
};

}  // namespace tenon::sim
