#include <unistd.h>

#include <algorithm>
#include <thread>

#include "broker/link/link_sweep.h"
#include "node/identity.h"
#include "node/mqtt_limits.h"
#include "node/node_impl.h"
#include "node/open_health.h"
#include "node/peers/peer_plan.h"
#include "node/plugins/plugin_plan.h"
#include "observe/metrics/table.h"
#include "runtime/process/process.h"
#include "runtime/process/process_usage.h"
#include "service/command_versions.h"

// From settings to a broker that serves, step by step; the first step that fails ends the start.

namespace tenon::node {

namespace events = observe::events;

namespace {

constexpr std::uint64_t descriptors_wanted = 1u << 20;

}  // namespace

Status Node::Impl::start() {
  using Step = Status (Impl::*)();
  constexpr Step steps[] = {&Impl::open_data_dir,     &Impl::make_workers, &Impl::load_plugins,
                            &Impl::open_durable,      &Impl::make_peers,   &Impl::make_observers,
                            &Impl::make_interceptors, &Impl::make_shards,  &Impl::make_listeners,
                            &Impl::make_desks,        &Impl::make_api,     &Impl::declare_callbacks,
                            &Impl::start_workers};
  health_.set("node", observe::HealthState::failed, "starting");
  for (const Step step : steps)
    if (Status status = (this->*step)(); !status.ok()) return status;
  return {};
}

Status Node::Impl::open_data_dir() {
  if (Status made = disk_.make_dirs(settings_.node.data_dir); !made.ok()) return made;
  auto lock = runtime::DataDirLock::take(settings_.node.data_dir);
  if (!lock.ok()) return lock.error();
  lock_ = std::move(lock).value();
  const auto limit = runtime::raise_descriptor_limit(descriptors_wanted);
  if (!limit.ok()) log_.write(events::node_limit_low, limit.error().message);
  return {};
}

Status Node::Impl::make_workers() {
  runtime::WorkerGroupOptions options;
  options.worker_count = settings_.node.workers != 0 ? settings_.node.workers
                                                     : std::max(1u, std::thread::hardware_concurrency());
  auto group = runtime::WorkerGroup::create(options);
  if (!group.ok()) return group.error();
  workers_ = std::move(group).value();
  metrics_ = std::make_unique<observe::MetricRegistry>(options.worker_count);
  plugin_metrics_ = std::make_unique<PluginMetrics>(*metrics_);
  return {};
}

Status Node::Impl::load_plugins() {
  auto specs = plan_plugins(settings_);
  if (!specs.ok()) return specs.error();
  host::LoadPolicy policy;
  policy.dirs = settings_.plugins.path;
  policy.trusted_uids = settings_.plugins.trusted_uids;
  host::HostServices& services = host_services_;
  services.clock = &clock_;
  services.random = &random_;
  services.disk = &disk_;
  services.executor = workers_.get();
  services.log = &plugin_log_;
  services.metrics = plugin_metrics_.get();
  services.health = &plugin_health_;
  auto loaded = host::PluginHost::load(std::move(specs).value(), policy, services);
  if (!loaded.ok()) return loaded.error();
  plugins_ = std::move(loaded).value();
  if (Status active = plugins_->activate(); !active.ok()) return active;
  plugins_active_ = true;
  for (const host::Instance* instance : plugins_->instances())
    log_.write(events::plugin_instance_started, "a plugin is active",
               {{"plugin", instance->name()},
                {"id", instance->descriptor().plugin_id},
                {"version", instance->descriptor().version},
                {"file", instance->file()}});
  return {};
}

Status Node::Impl::open_durable() {
  durable_ =
      std::make_unique<Durable>(settings_, *plugins_, host_services_, disk_, clock_, random_, log_, health_);
  if (Status opened = durable_->open(); !opened.ok()) return opened;
  hash_seed_ = random_.next();
  tables_ = std::make_unique<broker::NodeTables>(table_limits(settings_), hash_seed_);
  tables_->message_limits.set(message_limits(settings_.mqtt));
  return durable_->make_store(*tables_);
}

Status Node::Impl::make_peers() {
  if (!wants_peers(settings_.cluster)) return {};
  std::vector<host::Instance*> filters;
  if (wants_peer_filter(settings_.cluster))
    filters.push_back(plugins_->find(host::Kind::filter, peer_filter));
  const peer::PeerWorld world{*plugins_->find(host::Kind::transport, peer_transport),
                              filters,
                              workers_->worker(0),
                              clock_,
                              random_,
                              log_,
                              *metrics_};
  peer::PeerOptions options = peer_options(settings_.cluster, durable_->node_id(), durable_->start_number());
  options.cluster_id = durable_->cluster_id();
  options.abilities = kv::encode(service::own_command_versions());
  kept_peers_ = std::make_unique<KeptPeers>(disk_, settings_.node.data_dir, health_);
  for (peer::Endpoint& address : kept_peers_->read()) options.seeds.push_back(std::move(address));
  auto network = peer::PeerNetwork::create(std::move(options), durable_->peer_handler(), world);
  if (!network.ok()) return network.error();
  peers_ = std::move(network).value();
  durable_->connect(*peers_);
  return peers_->open();
}

Status Node::Impl::make_observers() {
  observers_ = std::make_unique<Observers>(log_);
  for (const config::ObserverSettings& observer : settings_.observers) {
    host::Instance* instance = plugins_->find(host::Kind::events, observer.name);
    if (Status added = observers_->add(*instance, observer.queue_bytes_max); !added.ok()) return added;
  }
  return {};
}

Status Node::Impl::make_interceptors() {
  interceptors_ = std::make_unique<Interceptors>(tables_->subscriptions, log_);
  for (const config::InterceptorSettings& interceptor : settings_.interceptors) {
    host::Instance* instance = plugins_->find(host::Kind::intercept, interceptor.name);
    if (Status added = interceptors_->add(*instance, interceptor); !added.ok()) return added;
  }
  return {};
}

Status Node::Impl::make_shards() {
  auto declared = broker::BrokerMetrics::declare(*metrics_);
  if (!declared.ok()) return declared.error();
  broker_metrics_ = *declared;
  broker::ShardContext context{*tables_, clock_, random_, log_, broker_metrics_, durable_->gate()};
  if (!observers_->empty()) context.events = &observers_->bus();
  context.intercept = interceptors_->chain();
  context.node_id = durable_->node_id();
  context.start_number = durable_->start_number();
  context.hash_seed = hash_seed_;
  context.subscriptions_per_session_max = settings_.mqtt.subscriptions_per_session_max;
  context.inbox_limits = inbox_limits(settings_.mqtt);
  context.publish_timeout_ns = std::int64_t{settings_.publish_timeout_s} * ns_per_s;
  context.retained_count_max = settings_.mqtt.retained_count_max;
  context.spread = spread_of(settings_.mqtt.shared_strategy);
  for (std::uint32_t i = 0; i < workers_->worker_count(); ++i)
    shards_.push_back(std::make_unique<broker::Shard>(workers_->worker(i), context));
  for (const auto& shard : shards_) shard->connect(shards_);
  durable_->events().connect(shards_);
  tables_->remote.claim_clock().set_node(durable_->node_id());
  if (peers_) durable_->connect(tables_->remote, shards_);
  return {};
}

Status Node::Impl::make_api() {
  if (!settings_.services.api) return {};
  auto token = admin::open_admin_token(disk_, random_, settings_.node.data_dir);
  if (!token.ok()) return token.error();
  if (token->origin == admin::TokenOrigin::created)
    log_.write(events::api_token_created, "the administrator's token was made", {{"file", token->path}});
  auto tokens = read_tokens(settings_, *token);
  if (!tokens.ok()) return tokens.error();
  admin::ApiParts parts;
  parts.status = this;
  parts.ranges = &durable_->range_desk();
  parts.metrics = metrics_.get();
  parts.health = &health_;
  parts.balance = &durable_->planner();
  parts.rules = &durable_->rules();
  parts.sessions = sessions_.get();
  parts.messages = messages_.get();
  read_console();
  if (console_) parts.console = &*console_;
  parts.nodes = nodes_.get();
  parts.backup = restores_.get();
  parts.bans = bans_.get();
  parts.config = config_desk_.get();
  parts.log = &log_desk_;
  parts.traces = traces_.get();
  parts.traffic = traffic_.get();
  parts.reports = reports_.get();
  parts.audit = audit_.get();
  api_ = std::make_unique<admin::Api>(parts, std::move(tokens).value());
  api_guard_ =
      std::make_unique<admin::RateGuard>(*api_, clock_, settings_.api.request_rate_max, random_.next());
  api_context_ = std::make_unique<ApiContext>(ApiContext{
      *api_guard_, clock_, ::geteuid(), log_, [this](const auto& exchange) { log_request(exchange); }});
  if (!settings_.api.unix_path.empty())
    if (Status opened = open_api_address("unix:" + settings_.api.unix_path, 0, {std::string(api_transport)});
        !opened.ok())
      return opened;
  if (settings_.api.port != 0)
    return open_api_address(settings_.api.bind, settings_.api.port, settings_.api.stack);
  return {};
}

// A console that can't be shown is no reason not to serve.
void Node::Impl::read_console() {
  if (settings_.api.console.empty()) return;
  Result<admin::ConsoleFiles> files = admin::ConsoleFiles::read(disk_, settings_.api.console);
  if (files)
    console_ = std::move(files).value();
  else if (files.error().code != Errc::not_found)
    log_.write(events::api_console_unusable, files.error().message);
}

// Whoever wanted to change something is written down. What may have changed something is a record; refusals
// are none, as anybody with a token can have as many as they like.
void Node::Impl::log_request(const admin::HttpExchange& exchange) {
  log_.write(events::api_request_served, "answered",
             {{"method", exchange.method}, {"path", exchange.path}, {"status", exchange.status}});
  auto counted = metrics_->counter(observe::metrics::api_requests, {std::to_string(exchange.status)});
  if (counted.ok()) counted->add(0);
  if (exchange.by.empty() && (exchange.status == 401 || exchange.path.empty()))
    log_.write(events::api_request_refused, "a request was refused",
               {{"from", exchange.from},
                {"method", exchange.method},
                {"path", exchange.path},
                {"status", exchange.status}});
  if (exchange.by.empty()) return;
  const bool refused = exchange.status >= 400 && exchange.status < 500;
  log_.write(refused ? events::api_change_refused : events::api_change_asked,
             refused ? "a change was refused" : "a change was asked for",
             {{"by", exchange.by},
              {"from", exchange.from},
              {"method", exchange.method},
              {"path", exchange.path},
              {"query", exchange.query},
              {"status", exchange.status}});
}

Status Node::Impl::open_api_address(const std::string& address, std::uint16_t port,
                                    const std::vector<std::string>& stack) {
  std::vector<host::Instance*> filters;
  for (auto name = stack.begin() + 1; name != stack.end(); ++name)
    filters.push_back(plugins_->find(host::Kind::filter, *name));
  if (Status sound = stack::LinkStack::check_places(filters); !sound.ok())
    return Error{Errc::invalid, "api.stack: " + sound.error().message};
  // Who asks decides what needs no token and how often it may be asked.
  for (const host::Instance* filter : filters)
    if (stack::LinkStack::tells_peer(filter))
      return Error{Errc::invalid, "api.stack: \"" + std::string(filter->name()) +
                                      "\" would let whoever reaches the port say who it is"};
  auto listener =
      std::make_unique<ApiListener>(*api_context_, *plugins_->find(host::Kind::transport, stack.front()),
                                    std::move(filters), workers_->worker(0));
  Status opened = listener->open(address, port);
  api_listeners_.push_back(std::move(listener));
  return opened;
}

Status Node::Impl::declare_callbacks() {
  namespace metrics = observe::metrics;
  std::optional<Error> failure;
  const auto show = [&](const observe::MetricDescriptor& descriptor, std::function<double()> read,
                        std::initializer_list<std::string_view> labels = {}) {
    auto callback = metrics_->callback(descriptor, labels, std::move(read));
    if (callback.ok())
      callbacks_.push_back(std::move(callback).value());
    else
      failure = callback.error();
  };
  const auto number = [](auto value) { return static_cast<double>(value); };
  show(metrics::build_info, [] { return 1.0; }, {TENON_VERSION});
  show(metrics::node_uptime, [=, this] { return number(clock_.mono_ns() - started_ns_) / 1e9; });
  show(metrics::node_ready, [=, this] { return health_.report().ready ? 1.0 : 0.0; });
  show(metrics::node_workers, [=, this] { return number(workers_->worker_count()); });
  show(metrics::node_cpu, [] { return runtime::process_usage().cpu_seconds; });
  show(metrics::node_resident, [=] { return number(runtime::process_usage().resident_bytes); });
  show(metrics::node_open_files, [=] { return number(runtime::process_usage().open_files); });
  show(metrics::log_written, [=, this] { return number(log_.counts().written); });
  show(metrics::log_suppressed, [=, this] { return number(log_.counts().suppressed); });
  show(metrics::log_lost, [=, this] { return number(log_.counts().lost); });
  show(metrics::session_count, [=, this] {
    const Durable::Counts& counts = durable_->counts();
    return number(left_of(counts.sessions.load(), counts.attached.load())) +
           number(broker_metrics_.connected.value());
  });
  show(metrics::session_queue, [=, this] { return number(durable_->counts().messages.load()); });
  show(metrics::session_queue_bytes, [=, this] { return number(durable_->counts().message_bytes.load()); });
  show(metrics::routing_subscriptions,
       [=, this] { return number(left_of(tables_->subscriptions.size(), tables_->remote.route_count())); });
  show(metrics::routing_node_routes, [=, this] { return number(tables_->remote.route_count()); });
  show(metrics::balance_planner, [this] { return durable_->planner().explanation().is_planner ? 1.0 : 0.0; });
  show(metrics::balance_round, [this] { return static_cast<double>(durable_->planner().round_ns()) / 1e9; });
  show(metrics::overload_memory, [=] { return number(runtime::own_memory_bytes()); });
  show(metrics::overload_memory_mark,
       [=, this] { return number(tables_->memory.mark_of(broker::MemoryLevel::high)); });
  show(metrics::overload_memory_high, [this] { return tables_->memory.is_high() ? 1.0 : 0.0; });
  show(metrics::overload_memory_level,
       [=, this] { return number(static_cast<std::uint64_t>(tables_->memory.level())); });
  show(metrics::bans_in_force, [=, this] { return number(tables_->bans.list()->bans().size()); });
  show(metrics::overload_bans, [=, this] { return number(tables_->flaps.ban_count()); });
  show(metrics::retained_messages, [=, this] { return number(tables_->retained.size()); });
  show(metrics::retained_bytes, [=, this] { return number(tables_->retained.memory_bytes()); });
  if (failure) return *failure;
  for (const auto step : {&Impl::show_workers, &Impl::show_ranges, &Impl::show_plugins, &Impl::show_observers,
                          &Impl::show_interceptors})
    if (Status shown = (this->*step)(); !shown) return shown;
  return show_balancers();
}

// What balancers do at this node is counted by the planner; it is read when somebody looks.
Status Node::Impl::show_balancers() {
  namespace metrics = observe::metrics;
  using Counts = balance::BalancerExplanation::Counts;
  balancer_callbacks_.clear();
  std::optional<Error> failure;
  const Planner& planner = durable_->planner();
  for (const auto& balancer : planner.explanation().balancers) {
    const std::string name = std::string(kv::to_string(balancer.store)) + "/" + balancer.name;
    const auto show = [&](const observe::MetricDescriptor& descriptor,
                          std::initializer_list<std::string_view> labels, auto read) {
      auto callback = metrics_->callback(descriptor, labels,
                                         [&planner, read, store = balancer.store, balancer = balancer.name] {
                                           for (const auto& one : planner.explanation().balancers)
                                             if (one.store == store && one.name == balancer)
                                               return static_cast<double>(read(one.counts));
                                           return 0.0;
                                         });
      if (callback.ok())
        balancer_callbacks_.push_back(std::move(callback).value());
      else
        failure = callback.error();
    };
    show(metrics::balance_plans, {name}, [](const Counts& counts) { return counts.plans; });
    show(metrics::balance_commands, {name, "done"}, [](const Counts& counts) { return counts.done; });
    show(metrics::balance_commands, {name, "failed"}, [](const Counts& counts) { return counts.failed; });
    show(metrics::balance_commands, {name, "held"}, [](const Counts& counts) { return counts.held; });
    for (std::size_t cause = 0; cause < balance::refusal_count; ++cause)
      show(metrics::balance_refused, {name, balance::to_string(static_cast<balance::Refusal>(cause))},
           [cause](const Counts& counts) { return counts.refused[cause]; });
  }
  return failure ? Status(*failure) : Status();
}

Status Node::Impl::start_workers() {
  watchdog_ = std::make_unique<host::Watchdog>(workers_->worker_count(), watchdog_limit_ns);
  durable_->when_looked([this](Durable::Led&& led) {
    workers_->worker(0).post(make_task([this, led = std::move(led)] {
      let_go_of_nodes(led);
      look_at_reach(led);
    }));
  });
  // The names were taken at the start, or are as good as those.
  durable_->when_marked([this](const NodeMarks& marks) { take_marks(marks); });
  durable_->when_balancers_changed([this] { (void)show_balancers(); });
  durable_->when_caught_up([this] { workers_->control().post(make_task([this] { on_caught_up(); })); });
  if (Status started = durable_->start(); !started.ok()) return started;
  if (Status started = workers_->start(); !started.ok()) return started;
  workers_started_ = true;
  std::mutex mutex;
  std::optional<Error> failure;
  const auto note = [&](const Status& status) {
    if (status.ok()) return;
    const std::lock_guard lock(mutex);
    if (!failure) failure = status.error();
  };
  workers_->run_on_each([&](runtime::Worker& worker) {
    const std::uint32_t index = worker.index();
    host::prepare_thread_for_crash_report();
    note(plugins_->start_worker(index));
    watchdog_->watch(index);
  });
  // Nobody is let in before every plugin runs on every worker.
  if (failure) return *failure;
  workers_->run_on_each([&](runtime::Worker& worker) {
    if (worker.index() != 0) return;
    if (peers_) note(peers_->start());
    for (const auto& listener : api_listeners_) note(listener->start());
  });
  if (failure) return *failure;
  tick();
  watch_memory();
  watch_over();
  // A node that can't catch up serves what needs no other node; until it has, clients wait in the system's
  // queue.
  workers_->control().reactor().start_timer(
      std::int64_t{settings_.publish_timeout_s} * ns_per_s,
      [](void* self) {
        static_cast<Impl*>(self)->open_to_clients();
        static_cast<Impl*>(self)->serve();
      },
      this);
  return workers_->control().watch_signals([this] { begin_stop(); }, [this] { (void)reload("SIGHUP"); });
}

// Quickly, as memory may be filled quickly.
void Node::Impl::watch_memory() {
  constexpr std::int64_t look_ns = 100 * ns_per_ms;
  workers_->control().reactor().start_timer(
      look_ns, [](void* self) { static_cast<Impl*>(self)->watch_memory(); }, this);
  const std::uint64_t bytes = runtime::own_memory_bytes();
  if (tables_->memory.note(bytes)) tell_of_memory(bytes);
  if (tables_->memory.sheds()) shed_idle_clients();
}

void Node::Impl::tell_of_memory(std::uint64_t bytes) {
  using broker::MemoryLevel;
  static constexpr std::string_view texts[] = {
      "memory is short no more", "memory is short: publishers and new connections are slowed down",
      "memory is short: nobody is let in",
      "memory is short: QoS 0 is dropped, and idle clients are sent away"};
  const MemoryLevel level = tables_->memory.level();
  const std::string_view text = texts[static_cast<std::size_t>(level)];
  const bool is_well = level == MemoryLevel::well;
  log_.write(is_well ? events::node_memory_well : events::node_memory_high, text,
             {{"level", to_string(level)},
              {"bytes", bytes},
              {"mark", tables_->memory.mark_of(is_well ? MemoryLevel::high : level)}});
  if (tables_->memory.refuses())
    health_.set("memory", observe::HealthState::degraded, text);
  else
    health_.remove("memory");
}

void Node::Impl::shed_idle_clients() {
  const MonoNs now_ns = clock_.mono_ns();
  if (now_ns - shed_ns_ < ns_per_s || !shed_round_.expired()) return;
  shed_ns_ = now_ns;
  shed_round_ = broker::shed_idle_links(shards_);
}

void Node::Impl::watch_over() {
  service_.show("waiting until the node has caught up with its cluster");
  if (service_.beat_ns() == 0) return;
  std::vector<std::string> loops;
  for (std::uint32_t i = 0; i < workers_->worker_count(); ++i) loops.push_back("worker " + std::to_string(i));
  loops.emplace_back("store");
  service_.watch_loops(std::move(loops));
  beat();
}

void Node::Impl::on_caught_up() {
  caught_up_ = true;
  serve();
  bans_->when_known([this] { serve(); });
}

void Node::Impl::serve() {
  // Nobody gets in before it is known who is banned, whether this node is drained, and whom it serves. Who
  // lets clients in already does not wait for that.
  const bool may_serve =
      (durable_->marks().is_known() && bans_->is_known() && traffic_->is_known()) || accepting_;
  if (stopping_ || !caught_up_ || !may_serve || std::exchange(serves_, true)) return;
  open_to_clients();
  show_open();
  if (!bans_->is_known()) bans_->when_known([this] { show_open(); });
  // Behind the routes: wills of those sessions are published then.
  workers_->run_on_each([this](runtime::Worker& worker) {
    if (worker.index() == 0) shards_[0]->detach_former_sessions();
  });
}

void Node::Impl::let_go_of_nodes(const Durable::Led& led) {
  // Wills need routes; what is due now is due the next time, too.
  if (!tables_->routes.complete()) return;
  GoneNodes& nodes = durable_->gone_nodes();
  for (const kv::NodeId node : led.nodes) nodes.expect(node, clock_.mono_ns());
  for (const GoneNodes::Gone& gone : nodes.due(clock_.mono_ns(), led.ranges)) {
    log_.write(events::peer_node_gone, "a node is away for too long; its sessions are let go",
               {{"node", node_id_text(static_cast<std::uint64_t>(gone.node))}});
    shards_[0]->detach_sessions_of(
        {gone.node, gone.incarnation, [&nodes, gone] { return nodes.is_gone(gone.node, gone.incarnation); }},
        gone.range);
  }
}

void Node::Impl::open_to_clients() {
  if (stopping_ || accepting_.exchange(true)) return;
  std::mutex mutex;
  std::optional<Error> failure;
  workers_->run_on_each([&](runtime::Worker& worker) {
    for (const auto& listener : listeners_) {
      const Status started = listener->start(worker.index());
      const std::lock_guard lock(mutex);
      if (!started.ok()) failure = started.error();
    }
  });
  if (failure) {
    log_.write(events::listener_open_failed, failure->message);
    open_trouble_ = failure->message;
    return show_open();
  }
  show_open();
  announce();
}

void Node::Impl::show_open() {
  if (!stopping_) node::show_open(health_, {open_trouble_, caught_up_, bans_->is_known()});
}

void Node::Impl::announce() {
  for (const auto& listener : listeners_) log_opened(*listener);
  if (settings_.auth.anonymous != config::Anonymous::never)
    log_.write(
        events::node_anonymous_allowed,
        settings_.auth.anonymous == config::Anonymous::loopback
            ? "clients without a user name are let in from this machine only (auth.anonymous = \"loopback\")"
            : "clients without a user name are let in from everywhere (auth.anonymous = \"always\")");
  log_.write(events::node_started, "the broker is ready",
             {{"version", TENON_VERSION},
              {"node_id", node_id_text(durable_->node_id())},
              {"workers", workers_->worker_count()},
              {"data_dir", settings_.node.data_dir},
              {"after_ms", (clock_.mono_ns() - started_ns_) / ns_per_ms}});
  service_.ready(service_line());
}

}  // namespace tenon::node
