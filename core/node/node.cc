#include "node/node.h"

#include <unistd.h>

#include "node/identity.h"
#include "node/log_setup.h"
#include "node/node_impl.h"
#include "node/plugins/plugin_status.h"
#include "runtime/process/process_usage.h"

namespace tenon::node {

Result<std::unique_ptr<Node>> Node::start(const config::Config& config, observe::Log& log, Reload reload) {
  auto impl = std::make_unique<Impl>(config, log, std::move(reload));
  if (Status started = impl->start(); !started.ok()) return started.error();
  return std::unique_ptr<Node>(new Node(std::move(impl)));
}

Node::Node(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Node::~Node() = default;
Status Node::run() {
  return impl_->run();
}
void Node::stop() {
  impl_->stop();
}
admin::NodeStatus Node::node_status() const {
  return impl_->node_status();
}

Node::Impl::Impl(const config::Config& config, observe::Log& log, Reload reload)
    : config_(config),
      settings_(config::read_settings(config)),
      log_(log),
      reload_(std::move(reload)),
      started_ns_(clock_.mono_ns()),
      service_(clock_, log_),
      plugin_log_(log),
      plugin_health_(health_, log),
      log_desk_(log, clock_, log_level(settings_.log)),
      fence_({.after_ns = std::int64_t{settings_.cluster.cut_off_s} * ns_per_s}) {}

Node::Impl::~Impl() {
  finish_stop();
}

Status Node::Impl::run() {
  workers_->control().run();
  return end_;
}

void Node::Impl::tick() {
  workers_->control().reactor().start_timer(
      ns_per_s, [](void* self) { static_cast<Impl*>(self)->tick(); }, this);
  look_at_log();
  look_at_journal();
  keep_peers();
  durable_->look();
  log_desk_.tick();
  bans_->tick();
  look_at_traffic();
  look_at_lags();
  tables_->traces.tick(clock_.unix_ms());
  forget_idle_listeners();
  forget_contexts();
  look_at_sys();
  look_at_freed_memory();
  for (const auto& stuck : watchdog_->tick(clock_.mono_ns()))
    log_.write(observe::events::plugin_call_slow, "a worker hangs in a call of a plugin",
               {{"plugin", stuck.instance}, {"worker", stuck.worker}, {"for_ms", stuck.for_ns / ns_per_ms}});
  if (accepting_) service_.show(service_line());
}

// Not before one is linked: whom it knows comes with the link, and without one nothing is news.
void Node::Impl::keep_peers() {
  if (!peers_) return;
  std::set<peer::Endpoint> addresses;
  bool is_linked = false;
  for (const peer::NodeView& one : peers_->nodes()) {
    is_linked = is_linked || one.health.linked;
    if (!one.address.host.empty()) addresses.insert(one.address);
  }
  if (is_linked) kept_peers_->keep(addresses);
}

void Node::Impl::look_at_log() {
  log_.report_suppressed();
  if (const std::string trouble = log_.trouble(); !trouble.empty())
    health_.set("log", observe::HealthState::degraded, trouble);
  else
    health_.remove("log");
}

// What was freed counts as used until it is given back.
void Node::Impl::look_at_freed_memory() {
  const std::uint64_t bytes = runtime::own_memory_bytes();
  const MonoNs now_ns = clock_.mono_ns();
  if (!give_back_.is_due(bytes, tables_->memory.is_high(), now_ns)) return;
  runtime::give_back_memory();
  give_back_.given_back(bytes, runtime::own_memory_bytes(), now_ns);
}

void Node::Impl::beat() {
  workers_->control().reactor().start_timer(
      service_.beat_ns(), [](void* self) { static_cast<Impl*>(self)->beat(); }, this);
  service_.beat([this](std::size_t index) {
    const auto answer = [this, index] { service_.answered(index); };
    if (index < workers_->worker_count())
      workers_->post(static_cast<std::uint32_t>(index), make_task(answer));
    else
      durable_->run_on_store(answer);
  });
}

void Node::Impl::look_at_sys() {
  const std::int64_t interval_ns = std::int64_t{settings_.mqtt.sys_interval_s} * ns_per_s;
  if (interval_ns == 0) return tables_->sys.clear([](std::string_view) { return true; });
  const MonoNs now_ns = clock_.mono_ns();
  const MonoNs since_ns = sys_published_ns_ != 0 ? sys_published_ns_ : started_ns_;
  // The timer that asks may be a little early.
  if (!accepting_ || (sys_published_ns_ != 0 && now_ns - since_ns < interval_ns - ns_per_s / 2)) return;
  sys_published_ns_ = now_ns;
  workers_->post(0, make_task([this, values = sys_topics_.values(
                                         sys_facts(), static_cast<double>(now_ns - since_ns) / 1e9)] {
                   for (const auto& [topic, value] : values) shards_[0]->publish_own(topic, value);
                 }));
}

SysFacts Node::Impl::sys_facts() const {
  const Durable::Counts& counts = durable_->counts();
  const broker::BrokerMetrics& metrics = broker_metrics_;
  SysFacts facts;
  facts.uptime_s = static_cast<double>(clock_.mono_ns() - started_ns_) / 1e9;
  facts.clients_connected = static_cast<std::uint64_t>(metrics.connected.value());
  facts.clients_disconnected = left_of(counts.sessions.load(), counts.attached.load());
  facts.clients_expired = metrics.expired.value();
  for (const auto& [name, listener] : listener_metrics_) {
    facts.sockets_opened += listener.opened.value();
    facts.bytes_received += listener.received_bytes.value();
    facts.bytes_sent += listener.sent_bytes.value();
  }
  facts.connects_received = metrics.connects_received.value();
  for (const auto& counter : metrics.publish_received) facts.publish_received += counter.value();
  for (const auto& counter : metrics.publish_sent) facts.publish_sent += counter.value();
  for (const auto& counter : metrics.dropped) facts.publish_dropped += counter.value();
  facts.publish_dropped += metrics.dropped_no_session.value();
  facts.subscriptions = left_of(tables_->subscriptions.size(), tables_->remote.route_count());
  facts.retained_messages = tables_->retained.size();
  facts.queued_messages = counts.messages.load();
  facts.stored_bytes = counts.message_bytes.load() + tables_->retained.memory_bytes();
  return facts;
}

std::string Node::Impl::service_line() const {
  const std::string links = std::to_string(link_count()) + " connections";
  if (stopping_) return "stopping, " + links;
  const observe::HealthReport health = health_.report();
  for (const observe::HealthCondition& condition : health.conditions)
    if (condition.state != observe::HealthState::ok)
      return links + "; " + condition.name + ": " + condition.reason;
  return links;
}

void Node::Impl::stop() {
  workers_->control().post(make_task([this] { begin_stop(); }));
}

admin::NodeStatus Node::Impl::node_status() const {
  admin::NodeStatus status;
  status.version = TENON_VERSION;
  status.node_id = node_id_text(durable_->node_id());
  status.pid = ::getpid();
  status.uptime_s = (clock_.mono_ns() - started_ns_) / ns_per_s;
  status.workers = workers_->worker_count();
  const std::unique_lock lock(listeners_mutex_);
  for (const auto& listener : listeners_)
    status.listeners.push_back({listener->context().name, listener->transport().name(), listener->address(),
                                static_cast<std::uint16_t>(listener->port()),
                                static_cast<std::uint64_t>(listener->context().metrics.connections.value())});
  const auto health = health_.report();
  for (const host::Instance* instance : plugins_->instances())
    status.plugins.push_back(plugin_status(*instance, health));
  if (peers_) {
    for (const peer::NodeView& other : peers_->nodes())
      status.peers.push_back({node_id_text(static_cast<std::uint64_t>(other.health.node)),
                              other.address.host.empty() ? std::string() : other.address.text(),
                              std::string(cluster::to_string(other.health.state)),
                              (clock_.mono_ns() - other.health.since_ns) / ns_per_s, other.health.linked,
                              other.health.witness == peer::NodeId::none
                                  ? std::string()
                                  : node_id_text(static_cast<std::uint64_t>(other.health.witness))});
  }
  const Durable::Counts& counts = durable_->counts();
  status.connections = link_count();
  status.sessions = left_of(counts.sessions.load(), counts.attached.load()) +
                    static_cast<std::uint64_t>(broker_metrics_.connected.value());
  status.subscriptions = tables_->subscriptions.size();
  status.retained_messages = tables_->retained.size();
  for (const auto& counter : broker_metrics_.publish_received) status.messages_received += counter.value();
  for (const auto& counter : broker_metrics_.publish_sent) status.messages_sent += counter.value();
  for (const auto& counter : broker_metrics_.dropped) status.messages_dropped += counter.value();
  return status;
}

}  // namespace tenon::node
