#pragma once

#include <tenon/draft/replication.h>

#include <functional>
#include <map>
#include <memory>
#include <set>

#include "sim/node/observer.h"
#include "store/replica/replica.h"

namespace tenon::sim {

// Stands between a replication plugin and its host, and tells an observer what the groups do. Lives as long
// as the plugin is used by one life of a node. One thread.
class ReplicationProbe {
 public:
  // `opening` is told of each group just before it is opened, whose machine is made by then.
  ReplicationProbe(const store::Replication& plugin, std::uint32_t node, NodeObserver& observer,
                   std::function<void(const kv::RangeId& range)> opening);
  ~ReplicationProbe();
  ReplicationProbe(const ReplicationProbe&) = delete;
  ReplicationProbe& operator=(const ReplicationProbe&) = delete;

  // The plugin, as the host is to see it.
  store::Replication replication() const { return {&table_, plugin_.instance, plugin_.tag}; }

  // For faults that only the plugin's table knows; false: the group is not there, or does not lead.
  bool change(const kv::RangeId& range, const tenon_membership& target);
  bool transfer(const kv::RangeId& range, std::uint64_t to);
  // Asks each group for a point from which reads are current, for nobody but the observer.
  void ask_for_reads();

 private:
  struct Group {
    ReplicationProbe* probe = nullptr;
    kv::RangeId range;
    void* user = nullptr;  // the host's
    tenon_group* handle = nullptr;
    std::uint64_t applied = 0;
    bool was_touched = true;  // something happened in it since its status was looked at
  };
  static tenon_replication_env make_env(const tenon_replication_env& host);
  static Group* find(tenon_group* handle);
  static ReplicationProbe* find(const tenon_replicator* replicator);
  Group* find(const tenon_group_id& id);
  void look_at_groups();

  // Of the plugin's table.
  static tenon_status open(tenon_plugin* self, const tenon_replication_open* open,
                           tenon_replicator** ret_replicator, tenon_error* error);
  static tenon_status group_open(tenon_replicator* replicator, const tenon_group_open* open,
                                 tenon_group** ret_group, tenon_error* error);
  static void group_close(tenon_group* group);
  static std::uint32_t turn(tenon_replicator* replicator);
  static void step_v(tenon_replicator* replicator, const tenon_peer_message* messages, std::uint64_t count);
  static void peer_state(tenon_replicator* replicator, std::uint64_t node, std::uint32_t state);
  static tenon_status conclude(tenon_group* group, tenon_log_point* ret_end);
  static tenon_status read_index(tenon_group* group, std::uint64_t context);
  static tenon_status snapshot_installed(tenon_group* group, tenon_log_point at,
                                         const tenon_membership* membership);
  // Of the host's.
  static void send_v(void* probe, const tenon_peer_message* messages, std::uint64_t count);
  static void write_v(void* probe, const tenon_log_write* writes, std::uint64_t count,
                      std::uint64_t* ret_sequence);
  static tenon_status apply(void* group, const tenon_committed* entries, std::uint64_t count);
  static void read_ready(void* group, std::uint64_t context, tenon_status status, std::uint64_t index);
  static void role_changed(void* group, const tenon_role* role);

  // Tells points for reads that the probe has asked for from those of the host.
  static constexpr std::uint64_t own_read_bit = std::uint64_t{1} << 63;

  const store::Replication plugin_;
  const std::uint32_t node_;
  NodeObserver& observer_;
  const std::function<void(const kv::RangeId& range)> opening_;
  tenon_replication table_;
  tenon_replication_env host_env_{};
  tenon_replication_env env_{};
  void* host_user_ = nullptr;
  tenon_replicator* replicator_ = nullptr;
  std::map<kv::RangeId, std::unique_ptr<Group>> groups_;
  std::uint64_t last_own_read_ = own_read_bit;
};

}  // namespace tenon::sim
