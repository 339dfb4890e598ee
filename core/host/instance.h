#pragma once

#include <tenon/abi/module.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "host/invalidations.h"
#include "host/kind_tables.h"
#include "host/lifecycle.h"
#include "host/op/op_table.h"
#include "host/plugin_spec.h"
#include "host/ports.h"
#include "host/tables/declared_metrics.h"
#include "host/tables/options.h"
#include "host/tables/pool_jobs.h"
#include "host/tables/worker_side.h"
#include "host/watch/breadcrumb.h"
#include "host/watch/call_stats.h"

namespace tenon::host {

// What a plugin's file says of the plugin. Static data of the module, which is never unloaded.
struct Offer {
  const tenon_plugin_descriptor* descriptor = nullptr;
  std::string file;               // real path
  std::uint32_t level_built = 0;  // ABI level of the headers it was built with
};

class Instance;

// The other instances, as tenon.host.net/1 needs them.
class Neighbours {
 public:
  virtual ~Neighbours() = default;
  // The transport of that name in conf.d, or null.
  virtual Instance* find_transport(std::string_view name) const = 0;
  // The instance that a plugin made, or null.
  virtual Instance* find_raw(const tenon_plugin* raw) const = 0;
};

// One plugin instance and the host as it sees it: its host tables, its options, its operations, its life.
//
// Life-cycle calls: the control thread, in the order of abi/module.h (another order is a bug and aborts);
// start_worker and stop_worker: that worker. Accessors: any thread.
class Instance {
 public:
  // `neighbours` outlives this.
  Instance(PluginSpec spec, Offer offer, HostServices services, std::int64_t call_budget_ns,
           const Neighbours* neighbours);
  ~Instance();  // destroys the plugin's instance
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  // Shows the plugin another host than this broker is: for tenon-plugin-check, which plays newer and smaller
  // ones. Before create().
  using GetInterface = const void* (*)(const tenon_host* host, const char* id);
  void pose_as(GetInterface get_interface, std::uint32_t abi_level);

  // Each says what the plugin said when it fails.
  Status read_options();  // parses them and checks them against the plugin's schema
  Status create();
  Status init();
  Status activate();
  Status start_worker(std::uint32_t worker);
  void stop_worker(std::uint32_t worker);
  enum class Applied : std::uint8_t { now, after_restart };
  // With an error, and after_restart, the old options stay. Errc::busy: the plugin is not active, or quiesces
  // already; it is not asked.
  Result<Applied> reconfigure(std::string options_json);
  // `done` is called once, on the control thread: at once, or when the plugin says that nothing is in flight.
  void quiesce(std::function<void()> done);
  // REQUIRES: stopped on all workers.
  void deactivate();

  const std::string& name() const { return spec_.instance; }
  const PluginSpec& spec() const { return spec_; }
  const tenon_plugin_descriptor& descriptor() const { return *offer_.descriptor; }
  const std::string& file() const { return offer_.file; }
  std::uint32_t level_built() const { return offer_.level_built; }
  Life life() const { return life_; }
  const CallStats& stats() const { return stats_; }
  OpGauges op_gauges() const { return ops_.gauges(); }
  Invalidations& invalidations() { return invalidations_; }

  // For calls of the kind's own functions: stand a PluginScope(tag()) around each.
  tenon_plugin* raw() { return raw_; }
  const PluginTag& tag() const { return tag_; }
  const tenon_auth& auth() const { return tables_.auth; }
  const tenon_transport& transport() const { return tables_.transport; }
  const tenon_storage& storage() const { return tables_.storage; }
  const tenon_log& log() const { return tables_.log; }
  const tenon_replication& replication() const { return tables_.replication; }
  const tenon_balancer& balancer() const { return tables_.balancer; }
  const tenon_filter& filter() const { return tables_.filter; }
  const tenon_events& events() const { return tables_.events; }
  const tenon_intercept& intercept() const { return tables_.intercept; }
  // What worker_start gave; null without. The calling thread is that worker.
  void* worker_context(std::uint32_t worker) const { return workers_[worker]->context; }

  // A token for an operation that the calling thread (a worker, or else the control thread) waits for; 0: the
  // plugin has as many open as it may.
  tenon_op open_op(std::unique_ptr<Operation> operation);

  // For the host tables and what else stands in this folder.
  CallStats& mutable_stats() { return stats_; }
  OpTable& ops() { return ops_; }
  const HostServices& services() const { return services_; }
  const Options* readable_options() const { return options_readable_ ? &*options_ : nullptr; }
  DeclaredMetrics& metrics() { return metrics_; }
  bool may_declare_metrics() const { return life_ == Life::made || life_ == Life::stopped; }
  PoolJobs& pool_jobs() { return pool_jobs_; }
  // Null when the calling thread is no worker.
  WorkerSide* worker_side();
  const Neighbours& neighbours() const { return *neighbours_; }
  std::int64_t call_budget_ns() const { return call_budget_ns_; }
  // True when the descriptor lists the host table.
  bool requires_table(std::string_view id) const;

 private:
  void go(Life next);
  Status fail(const char* step, tenon_status status, const tenon_error& error);
  template <class Call>
  Status call_step(const char* step, Life next, Call&& call);

  PluginSpec spec_;
  Offer offer_;
  HostServices services_;
  std::int64_t call_budget_ns_;
  const Neighbours* neighbours_;
  PluginTag tag_;
  CallStats stats_;
  OpTable ops_;
  Invalidations invalidations_;
  DeclaredMetrics metrics_;
  PoolJobs pool_jobs_;
  std::unique_ptr<Options> options_;
  bool options_readable_ = false;
  std::vector<std::unique_ptr<WorkerSide>> workers_;
  tenon_host host_{};
  tenon_plugin* raw_ = nullptr;
  tenon_plugin table_{};
  KindTables tables_;
  Life life_ = Life::made;
};

// The instance that a host table is called for.
inline Instance& instance_of(const tenon_host* host) {
  return *static_cast<Instance*>(host->host_data);
}

}  // namespace tenon::host
