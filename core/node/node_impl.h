#pragma once

#include <atomic>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "admin/admin_token.h"
#include "admin/api.h"
#include "admin/rate_guard.h"
#include "broker/listener.h"
#include "broker/node_tables.h"
#include "broker/shard.h"
#include "config/diff.h"
#include "config/settings.h"
#include "host/auth_chain.h"
#include "host/plugin_host.h"
#include "host/watch/crash_report.h"
#include "host/watch/watchdog.h"
#include "node/api_listener.h"
#include "node/durable/durable.h"
#include "node/events/observers.h"
#include "node/intercept/interceptors.h"
#include "node/kept/kept_peers.h"
#include "node/marks/drain_work.h"
#include "node/marks/node_desk.h"
#include "node/node.h"
#include "node/operate/audit/audit_desk.h"
#include "node/operate/bans/ban_desk.h"
#include "node/operate/bans/flap_answers.h"
#include "node/operate/config/config_desk.h"
#include "node/operate/config/log_desk.h"
#include "node/operate/given_up/report_desk.h"
#include "node/operate/message_desk.h"
#include "node/operate/restore_desk.h"
#include "node/operate/session_desk.h"
#include "node/operate/trace/trace_desk.h"
#include "node/operate/worker_lag.h"
#include "node/peers/fence.h"
#include "node/plugins/plugin_ports.h"
#include "node/service_state.h"
#include "node/sys/sys_topics.h"
#include "node/traffic/traffic_answer.h"
#include "node/traffic/traffic_desk.h"
#include "node/traffic/traffic_memory.h"
#include "peer/peer_network.h"
#include "runtime/files/data_dir_lock.h"
#include "runtime/files/system_disk.h"
#include "runtime/memory/give_back.h"
#include "runtime/system_clock.h"
#include "runtime/system_random.h"
#include "runtime/worker_group.h"

namespace tenon::node {

// Members stand in the order in which they are made; what stands below uses what stands above.
// A worker that has been inside one call of a plugin for longer is reported.
inline constexpr std::int64_t watchdog_limit_ns = ns_per_s;

class Node::Impl final : public admin::StatusSource {
 public:
  Impl(const config::Config& config, observe::Log& log, Reload reload);
  ~Impl() override;

  Status start();
  Status run();
  void stop();
  admin::NodeStatus node_status() const override;

 private:
  // node_start.cc, in this order
  Status open_data_dir();
  Status make_workers();
  Status load_plugins();
  Status open_durable();
  Status make_peers();
  Status make_observers();
  Status make_interceptors();
  Status make_shards();
  Status make_listeners();
  // From the network upwards. Failure: they can't stand on each other like this.
  Result<std::vector<host::Instance*>> find_filters(const config::ListenerSettings& listener) const;
  Status make_api();
  void read_console();
  Status start_workers();
  Status open_api_address(const std::string& address, std::uint16_t port,
                          const std::vector<std::string>& stack);
  void log_request(const admin::HttpExchange& exchange);
  Status declare_callbacks();
  // operate/node_metrics.cc
  Status show(const observe::MetricDescriptor& descriptor, std::function<double()> read,
              std::initializer_list<std::string_view> labels);
  Status show_workers();
  Status show_ranges();
  Status show_plugins();
  Status show_observers();
  Status show_interceptors();
  void look_at_lags();
  void look_at_log();
  void look_at_freed_memory();
  // Of those that there are now.
  Status show_balancers();
  // operate/node_desks.cc
  Status make_desks();
  void make_ban_desk();
  void make_traffic_desk();
  // On worker 0: what another node's operator asks of this one.
  void answer_node(std::string_view text, broker::NodeAsks::Reply reply);
  Result<admin::TokenBook> read_tokens(const config::Settings& settings, const admin::AdminToken& own);
  // node_listeners.cc
  // Failure: it names a plugin that is not loaded.
  Result<std::unique_ptr<host::AuthChain>> make_chain(const config::Settings& settings,
                                                      const config::ListenerSettings& listener) const;
  Result<broker::ListenerContext> make_context(const config::Settings& settings,
                                               const config::ListenerSettings& wanted);
  Result<std::unique_ptr<broker::Listener>> make_listener(const config::Settings& settings,
                                                          const config::ListenerSettings& wanted);
  // Makes the listeners what `settings` want, or, on failure, leaves them as they were. Links of others are
  // not touched.
  Status reload_listeners(const config::Settings& settings);
  struct ListenerChanges;
  Status plan_listeners(const config::Settings& settings, ListenerChanges& ret_changes);
  Status open_replacements(ListenerChanges& changes);
  void change_listeners(ListenerChanges& changes);
  std::unique_ptr<broker::Listener> take_out(const broker::Listener* listener);
  Status start_listener(broker::Listener& listener);
  void stop_listener(broker::Listener& listener);
  void send_away(std::unique_ptr<broker::Listener> listener, bool with_links);
  void forget_idle_listeners();
  void forget_contexts();
  void log_opened(const broker::Listener& listener);
  // Once: it has caught up, and knows what operators have said of it.
  void serve();
  // Lets clients in, once.
  void open_to_clients();
  // What it lets them in without, in its health.
  void show_open();
  void on_caught_up();
  // On worker 0: the ranges that this node leads let go of the sessions of nodes that are gone.
  void let_go_of_nodes(const Durable::Led& led);
  void announce();
  // Each second on the control thread: looks for workers that hang in a plugin.
  void tick();
  // Keeps the addresses of other nodes for the next start.
  void keep_peers();
  // Publishes under $SYS when it is time.
  void look_at_sys();
  SysFacts sys_facts() const;
  // Has clients bear what MemoryLevel says while memory is short.
  void watch_memory();
  void tell_of_memory(std::uint64_t bytes);
  void shed_idle_clients();
  // Tells the service manager from now on that the loops turn, if it wants to know.
  void watch_over();
  // Has all loops answer, for the service manager.
  void beat();
  // One line of what the node does, for the service manager.
  std::string service_line() const;

  // marks/node_impl_drain.cc
  std::size_t client_count() const;
  // Whoever comes is not turned away because of the node's own state. Any thread.
  bool lets_in() const;
  NodeReport report() const;
  std::vector<NodeReport::Address> addresses() const;
  void take_marks(const NodeMarks& marks);
  void begin_drain();
  void end_drain();
  void ask_where_else();
  void drain_tick();
  void send_away(std::size_t count);
  void give_replicas();
  void show_drain();

  // peers/node_impl_cut_off.cc, on worker 0
  // Gives the sessions up that this node is cut off from, and shows it.
  void look_at_reach(const Durable::Led& led);
  // Where clients could go, as long as others can be asked.
  void remember_addresses();
  broker::Redirects::Addresses silent_addresses() const;
  void show_cut_off(std::size_t given_up, std::size_t all);

  // traffic/node_impl_traffic.cc
  TrafficReport traffic_report(bool lets_in) const;
  // On worker 0: what is said of it to others, written.
  std::string traffic_answer();
  // Any thread; `done` is called on worker 0.
  void ask_traffic(std::function<void(TrafficReports&& reports)> done);
  // Finds out, now and then, what other nodes have and where they can be reached, where directives want that.
  void look_at_traffic();

  // node_stop.cc
  // Without a journal the node can do nothing for its clients that others could not do better: where there
  // are others, it stops.
  void look_at_journal();
  void begin_stop();
  void stop_accepting(std::uint32_t worker);
  void say_goodbye_to_peers();
  void wait_for_goodbyes();
  void wait_for_links();
  void wait_for_requests();
  std::size_t request_count() const;
  void hand_over();
  std::chrono::milliseconds observers_time() const;
  void finish_stop();
  std::size_t link_count() const;

  // node_reload.cc
  // `by`: who asks; for the log.
  admin::ReloadReport reload(const std::string& by);
  admin::ReloadReport refuse_reload(const std::string& by);
  admin::ReloadReport apply(const config::Config& changed);
  void apply_plugins(const config::Settings& settings, admin::ReloadReport& report);

  config::Config config_;
  config::Settings settings_;
  observe::Log& log_;
  Reload reload_;

  runtime::SystemClock clock_;
  runtime::SystemRandom random_;
  runtime::SystemDisk disk_;
  const MonoNs started_ns_;
  ServiceState service_;
  std::unique_ptr<runtime::DataDirLock> lock_;

  std::unique_ptr<observe::MetricRegistry> metrics_;
  observe::Health health_;
  PluginLog plugin_log_;
  std::unique_ptr<PluginMetrics> plugin_metrics_;
  PluginHealthPort plugin_health_;

  std::unique_ptr<runtime::WorkerGroup> workers_;
  host::HostServices host_services_;
  std::unique_ptr<host::PluginHost> plugins_;
  std::unique_ptr<Observers> observers_;
  std::unique_ptr<broker::NodeTables> tables_;
  std::unique_ptr<Interceptors> interceptors_;
  std::unique_ptr<Durable> durable_;
  std::unique_ptr<peer::PeerNetwork> peers_;  // null: this node is alone
  std::unique_ptr<KeptPeers> kept_peers_;     // as peers_
  std::uint64_t hash_seed_ = 0;
  std::map<std::string, broker::ListenerMetrics> listener_metrics_;
  mutable std::mutex listeners_mutex_;  // for readers on other threads: listeners_ changes on a reload
  std::vector<std::unique_ptr<broker::Listener>> listeners_;
  std::vector<std::unique_ptr<broker::Listener>> former_listeners_;  // closed, until their links are gone
  std::vector<std::unique_ptr<broker::Shard>> shards_;
  broker::BrokerMetrics broker_metrics_;
  std::vector<observe::MetricCallback> callbacks_;
  std::vector<observe::MetricCallback> balancer_callbacks_;
  std::vector<WorkerLag> worker_lags_;

  std::unique_ptr<broker::LinkCensus> census_;
  std::unique_ptr<SessionDesk> sessions_;
  std::unique_ptr<MessageDesk> messages_;
  std::optional<admin::ConsoleFiles> console_;
  std::unique_ptr<NodeDesk> nodes_;
  std::unique_ptr<RestoreDesk> restores_;
  std::unique_ptr<BanDesk> bans_;
  std::unique_ptr<AuditDesk> audit_;
  std::unique_ptr<TraceDesk> traces_;
  std::unique_ptr<TrafficDesk> traffic_;
  std::unique_ptr<ConfigDesk> config_desk_;
  std::unique_ptr<ReportDesk> reports_;
  LogDesk log_desk_;
  std::unique_ptr<admin::Api> api_;
  std::unique_ptr<admin::RateGuard> api_guard_;
  std::unique_ptr<ApiContext> api_context_;
  std::vector<std::unique_ptr<ApiListener>> api_listeners_;

  std::unique_ptr<host::Watchdog> watchdog_;
  SysTopics sys_topics_;
  runtime::GiveBack give_back_;
  MonoNs shed_ns_ = 0;  // when idle clients were last sent away
  std::weak_ptr<const void> shed_round_;
  MonoNs sys_published_ns_ = 0;
  bool plugins_active_ = false;
  bool workers_started_ = false;
  std::atomic<bool> accepting_{false};
  std::string open_trouble_;  // a listener could not begin
  bool caught_up_ = false;
  bool serves_ = false;
  std::atomic<bool> stopping_{false};
  Status end_;  // what run() returns
  DrainWork drain_;
  std::optional<DrainMark> drain_mark_;                                // of this node
  std::atomic<DrainWork::Phase> shown_phase_{DrainWork::Phase::none};  // of drain_, for other threads
  broker::Redirects::Addresses elsewhere_;
  bool knows_elsewhere_ = false;
  bool asks_elsewhere_ = false;
  bool drain_ticks_ = false;
  bool gives_replicas_ = false;  // `meta` is asked
  std::uint64_t drain_turn_ = 0;
  Fence fence_;                     // this, and all to addresses_of_, on worker 0
  std::size_t cut_off_ranges_ = 0;  // as was shown last
  std::uint64_t reach_turn_ = 0;
  std::map<kv::NodeId, std::vector<NodeReport::Address>> addresses_of_;
  bool asks_traffic_ = false;
  std::uint64_t traffic_turn_ = 0;
  TrafficAnswer traffic_answer_;  // on worker 0
  TrafficMemory traffic_memory_;  // on worker 0
  MonoNs stop_deadline_ns_ = 0;
  std::size_t requests_left_ = 0;  // as was seen last ...
  MonoNs requests_seen_ns_ = 0;    // ... and since when it is so many
  MonoNs hand_over_until_ns_ = 0;
};

}  // namespace tenon::node
