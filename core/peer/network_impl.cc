#include "peer/network_impl.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/text/hex.h"
#include "observe/log/log.h"
#include "peer/conn.h"
#include "runtime/local_address.h"

namespace tenon::peer {

namespace events = observe::events;

namespace {

constexpr std::size_t read_buffer_bytes = 64 * 1024;
// Connections at a time: more than a cluster has nodes, besides the share of strangers.
constexpr std::size_t connections_max = 1024 + cluster::strangers_max;
// Each side makes itself heard this many times within the time after which it would be silent.
constexpr std::int64_t pings_per_silence = 6;
constexpr std::int64_t ticks_per_ping = 4;
// Pieces of output of one link in a turn, so that the others have theirs.
constexpr int writes_per_turn = 8;
// What a goodbye may take to be with the network.
constexpr std::int64_t goodbye_ns = ns_per_s;

bool is_any_address(const std::string& host) {
  return host == "0.0.0.0" || host == "::" || host == "*";
}

std::string hex_text(NodeId node) {
  return tenon::hex_text(static_cast<std::uint64_t>(node));
}

cluster::Mesh::Options mesh_options(const PeerOptions& options) {
  cluster::Mesh::Options mesh;
  mesh.limits.queue_bytes_max = options.link_queue_bytes_max;
  mesh.limits.message_bytes_max = options.message_bytes_max;
  mesh.limits.silence_ns = options.silence_ns;
  mesh.limits.ping_ns = options.silence_ns / pings_per_silence;
  mesh.detector.gone_ns = options.silence_ns;
  mesh.detector.suspect_ns = options.silence_ns / 2;
  mesh.detector.ask_ns = mesh.limits.ping_ns;
  mesh.detector.ask_gone_ns = 4 * mesh.limits.ping_ns;
  mesh.detector.tick_ns = mesh.limits.ping_ns;
  return mesh;
}

}  // namespace

PeerNetwork::Impl::Impl(PeerOptions options, PeerHandler& handler, const PeerWorld& world,
                        const PeerMetrics& metrics)
    : options_(std::move(options)),
      handler_(handler),
      world_(world),
      metrics_(metrics),
      seed_lookups_(std::make_shared<SeedLookups>(
          world.worker, world.names ? world.names : std::make_shared<SystemNames>())),
      transport_(world.transport, world.filters, world.worker, options_.silence_ns, *this),
      outbox_(std::make_shared<Outbox>(world.worker, static_cast<Outbox::Taker&>(*this),
                                       options_.link_queue_bytes_max)),
      returns_(std::make_shared<CreditReturns>(world.worker, static_cast<CreditReturns::Taker&>(*this))),
      read_buffer_(read_buffer_bytes) {
  world_.worker.add_turn_hook(&Impl::on_turn_end, this);
}

PeerNetwork::Impl::~Impl() {
  outbox_->close();
  returns_->close();
  seed_lookups_->close();
}

Status PeerNetwork::Impl::open() {
  const std::string address = options_.bind.empty() ? runtime::local_address() : options_.bind;
  if (Status bound = transport_.listen(address, options_.port); !bound.ok()) return bound;
  address_ = options_.advertise;
  if (address_.host.empty()) address_.host = is_any_address(address) ? runtime::local_address() : address;
  if (address_.port == 0) address_.port = transport_.port();
  cluster::LocalNode local;
  local.node = options_.node;
  local.incarnation = options_.incarnation;
  local.cluster_id = options_.cluster_id;
  local.env = options_.env;
  local.token = options_.token;
  local.address = address_;
  local.abilities = options_.abilities;
  local.version_max = options_.version_max;
  mesh_ = std::make_unique<cluster::Mesh>(std::move(local), mesh_options(options_), *this, world_.random);
  return {};
}

Status PeerNetwork::Impl::start() {
  if (Status started = transport_.accept_start(); !started.ok()) return started;
  running_ = true;
  for (const Endpoint& seed : options_.seeds) {
    if (is_name(seed))
      mesh_->add_seed_name(seed, now());
    else
      mesh_->add_seed(seed, now());
  }
  on_tick(this);
  world_.log.write(events::peer_port_opened, "other nodes can reach this one",
                   {{"address", address_.text()}});
  return {};
}

void PeerNetwork::Impl::say_goodbye() {
  if (!cease()) return;
  goodbye_timer_ = world_.worker.start_timer(goodbye_ns, &Impl::on_goodbye_over, this);
  mesh_->stop(now());
  flush();
  show_peers();
}

void PeerNetwork::Impl::stop() {
  if (!mesh_) return;
  if (cease()) {
    mesh_->stop(now());
    flush();
  }
  close_all(TENON_CLOSE_FLUSH);
  transport_.end();
  show_peers();
}

void PeerNetwork::Impl::abandon() {
  if (!cease()) return;
  close_all(0);
  transport_.end();
  show_peers();
}

void PeerNetwork::Impl::on_goodbye_over(void* user) {
  auto* self = static_cast<Impl*>(user);
  self->goodbye_timer_.reset();
  self->close_all(TENON_CLOSE_FLUSH);
}

void PeerNetwork::Impl::close_all(std::uint32_t flags) {
  if (const auto timer = std::exchange(goodbye_timer_, std::nullopt)) world_.worker.cancel_timer(*timer);
  while (!conns_.empty()) close(*conns_.begin()->second, flags);
  said_goodbye_ = true;
}

// Nothing new begins from here on. False: nothing was begun, or it has ceased already.
bool PeerNetwork::Impl::cease() {
  if (!std::exchange(running_, false)) return false;
  transport_.accept_stop();
  if (const auto timer = std::exchange(timer_, std::nullopt)) world_.worker.cancel_timer(*timer);
  outbox_->close();
  returns_->close();
  seed_lookups_->close();
  dials_.clear();
  lookups_.clear();
  return true;
}

void PeerNetwork::Impl::send(Outbox::Item&& message) {
  switch (outbox_->put(std::move(message))) {
    case Outbox::Put::taken:
      return;
    case Outbox::Put::full:
      return metrics_.dropped[static_cast<std::size_t>(cluster::DropCause::queue_full)].add_shared();
    case Outbox::Put::closed:
      return metrics_.dropped[static_cast<std::size_t>(cluster::DropCause::no_link)].add_shared();
  }
}

void PeerNetwork::Impl::take(std::vector<Outbox::Item>&& items) {
  for (Outbox::Item& item : items)
    if (mesh_->send(item.to, item.lane, item.kind, std::move(item.body)))
      metrics_.sent_messages.add(worker());
}

void PeerNetwork::Impl::take_back(const std::vector<cluster::Arrival>& arrivals) {
  for (const cluster::Arrival& arrival : arrivals) mesh_->consumed(arrival);
}

bool PeerNetwork::Impl::is_crowded(NodeId node) const {
  if (!any_crowded_.load(std::memory_order_relaxed)) return false;
  const std::lock_guard lock(shown_mutex_);
  return std::ranges::find(crowded_, node) != crowded_.end();
}

std::vector<PeerView> PeerNetwork::Impl::peers() const {
  const std::lock_guard lock(shown_mutex_);
  return shown_;
}

std::vector<NodeView> PeerNetwork::Impl::nodes() const {
  const std::lock_guard lock(shown_mutex_);
  return shown_nodes_;
}

void PeerNetwork::Impl::show_peers() {
  std::vector<PeerView> views;
  std::vector<NodeView> nodes;
  for (const auto& view : mesh_->up())
    views.push_back({view.node, view.address, view.since_ns, view.round_trip_ns});
  for (const auto& view : mesh_->nodes()) {
    const Endpoint* address = mesh_->address_of(view.node);
    nodes.push_back({view, address ? *address : Endpoint{}});
  }
  const std::lock_guard lock(shown_mutex_);
  shown_ = std::move(views);
  shown_nodes_ = std::move(nodes);
}

// Events of the mesh.

void PeerNetwork::Impl::dial(const Endpoint& endpoint) {
  dials_.push_back(endpoint);
}

void PeerNetwork::Impl::look_up(const Endpoint& name) {
  lookups_.push_back(name);
}

void PeerNetwork::Impl::start_lookups() {
  for (const Endpoint& name : std::exchange(lookups_, {})) {
    const auto done = [weak = weak_from_this(), name](const Result<std::set<Endpoint>>& found) {
      const auto self = weak.lock();
      if (!self || !self->running_) return;
      if (!found.ok())
        self->world_.log.write(events::peer_lookup_failed, found.error().message, {{"name", name.text()}});
      self->mesh_->looked_up(name, found.ok() ? *found : std::set<Endpoint>(), self->now());
    };
    if (!seed_lookups_->start(name, done)) mesh_->looked_up(name, {}, now());
  }
}

void PeerNetwork::Impl::wants_write(cluster::LinkKey link) {
  const auto found = conns_.find(link);
  if (found == conns_.end() || std::exchange(found->second->queued, true)) return;
  to_write_.push_back(link);
}

void PeerNetwork::Impl::on_message(NodeId from, std::uint8_t kind, std::string&& body,
                                   const cluster::Arrival& arrival) {
  metrics_.received_messages.add(worker());
  handler_.on_message(from, kind, std::move(body), returns_->receipt_for(arrival));
}

void PeerNetwork::Impl::on_peer_up(const cluster::Hello& peer, cluster::LinkKey link) {
  metrics_.links.add(worker(), 1);
  const auto conn = conns_.find(link);
  world_.log.write(events::peer_link_up, "linked",
                   {{"node", hex_text(peer.node)},
                    {"address", peer.address.text()},
                    {"certificate", conn == conns_.end() ? std::string() : conn->second->certificate}});
  handler_.on_peer_up(peer.node, peer.incarnation, peer.abilities);
}

void PeerNetwork::Impl::on_peer_down(NodeId node, LinkEnd why) {
  metrics_.links.add(worker(), -1);
  metrics_.ended[static_cast<std::size_t>(why) - 1].add(worker());
  const auto& event = why == LinkEnd::leaving ? events::peer_node_left : events::peer_link_down;
  world_.log.write(event, "the link has ended", {{"node", hex_text(node)}, {"reason", to_string(why)}});
  handler_.on_peer_down(node, why);
}

void PeerNetwork::Impl::on_node_known(NodeId node, const Endpoint& address) {
  handler_.on_node_known(node, address);
}

void PeerNetwork::Impl::on_node_state(const cluster::FailureDetector::Change& change) {
  using cluster::NodeState;
  const auto& event = change.state == NodeState::alive     ? events::peer_node_alive
                      : change.state == NodeState::suspect ? events::peer_node_suspect
                                                           : events::peer_node_silent;
  if (change.state != NodeState::left)
    world_.log.write(
        event, "what is heard of a node",
        {{"node", hex_text(change.node)},
         {"state", to_string(change.state)},
         {"witness", change.witness == NodeId::none ? std::string() : hex_text(change.witness)}});
  handler_.on_node_state(change);
}

void PeerNetwork::Impl::on_refused(NodeId node, const Endpoint& address, LinkEnd why, bool by_peer) {
  if (!is_refusal(why)) return;
  note_refused(node, address.host.empty() ? "" : address.text(), why, by_peer ? "other" : "this", fault_);
}

// That the host refuses the port is not true any more.
void PeerNetwork::Impl::on_dial_ended(NodeId node, const Endpoint& dialled) {
  if (node != NodeId::none) return handler_.on_dial_failed(node, false);
  for (const NodeId one : mesh_->nodes_at(dialled)) handler_.on_dial_failed(one, false);
}

void PeerNetwork::Impl::note_refused(NodeId node, std::string_view address, LinkEnd why, std::string_view by,
                                     std::string_view detail) {
  metrics_.refused[static_cast<std::size_t>(why) - 1].add(worker());
  world_.log.write(events::peer_link_refused, "no link to this node",
                   {{"node", hex_text(node)},
                    {"address", address},
                    {"reason", to_string(why)},
                    {"by", by},
                    {"detail", detail}});
}

void PeerNetwork::Impl::on_removed(NodeId by) {
  handler_.on_removed(by);
}

void PeerNetwork::Impl::on_twin(NodeId node, const Endpoint& kept, const Endpoint& other) {
  world_.log.write(
      events::peer_node_twin,
      "two processes have the id of one node; was a data directory copied? Stop one of them, and "
      "let it begin with an empty data directory",
      {{"node", hex_text(node)}, {"address", kept.text()}, {"other_address", other.text()}});
  if (node == options_.node) handler_.on_twin(other);
}

void PeerNetwork::Impl::on_pressure(NodeId node, Pressure pressure) {
  handler_.on_pressure(node, pressure);
}

void PeerNetwork::Impl::on_dropped(cluster::DropCause cause, std::size_t message_count) {
  metrics_.dropped[static_cast<std::size_t>(cause)].add(worker(), message_count);
}

// Events of connections.

Connection* PeerNetwork::Impl::on_open(tenon_conn* conn, const Endpoint* dialled,
                                       std::string_view certificate) {
  if (!running_ || (!dialled && conns_.size() >= connections_max)) return nullptr;
  const cluster::LinkKey key = dialled ? mesh_->dialled(*dialled, now()) : mesh_->accepted(now());
  const auto added = conns_.emplace(key, std::make_unique<Conn>(*this, conn, key, certificate)).first;
  wants_write(key);
  return added->second.get();
}

void PeerNetwork::Impl::on_dial_failed(const Endpoint& endpoint, tenon_status why) {
  if (!running_) return;
  for (const NodeId node : mesh_->nodes_at(endpoint)) handler_.on_dial_failed(node, why == TENON_E_REFUSED);
  world_.log.write(events::peer_dial_failed, "no connection", {{"address", endpoint.text()}});
  mesh_->dial_failed(endpoint, now());
}

void PeerNetwork::Impl::on_refused(const Endpoint* dialled, std::string_view from, tenon_status why,
                                   std::string_view fault) {
  if (!running_) return;
  if (why != TENON_OK)
    note_refused(NodeId::none, dialled ? dialled->text() : std::string(from),
                 why == TENON_E_TIMEOUT ? LinkEnd::handshake
                 : why == TENON_E_BUSY  ? LinkEnd::crowded
                                        : LinkEnd::tls,
                 "this", fault);
  if (!dialled) return;
  on_dial_ended(NodeId::none, *dialled);
  mesh_->dial_failed(*dialled, now());
}

void PeerNetwork::Impl::on_received(Conn& conn, std::size_t size_bytes) {
  metrics_.received_bytes.add(worker(), size_bytes);
  mesh_->received(conn.key, Bytes(read_buffer_.data(), size_bytes), now());
}

void PeerNetwork::Impl::on_connection_closed(Conn& conn, std::string_view fault) {
  const cluster::LinkKey key = conn.key;
  conns_.erase(key);
  fault_ = fault;
  mesh_->closed(key, now(), fault.empty() ? LinkEnd::lost : LinkEnd::tls);
  fault_ = {};
}

// Turns.

void PeerNetwork::Impl::on_turn_end(void* self) {
  static_cast<Impl*>(self)->flush();
}

void PeerNetwork::Impl::on_tick(void* user) {
  auto* self = static_cast<Impl*>(user);
  const std::int64_t tick_ns = self->options_.silence_ns / (pings_per_silence * ticks_per_ping);
  self->timer_ = self->world_.worker.start_timer(tick_ns, &Impl::on_tick, self);
  self->mesh_->tick(self->now());
  self->show_lanes();
  self->show_peers();
}

void PeerNetwork::Impl::flush() {
  start_lookups();
  const MonoNs deadline_ns = now() + options_.silence_ns;
  for (const Endpoint& endpoint : std::exchange(dials_, {})) transport_.dial(endpoint, deadline_ns);
  // What is written may end links, and that may want other links written.
  while (!to_write_.empty())
    for (const cluster::LinkKey key : std::exchange(to_write_, {}))
      if (const auto found = conns_.find(key); found != conns_.end()) flush(*found->second);
  look_at_queues();
  if (goodbye_timer_ && conns_.empty() && transport_.is_idle()) close_all(0);
}

// A lane without credits is crowded from half of what may wait on, until it is a quarter.
void PeerNetwork::Impl::look_at_queues() {
  if (!mesh_) return;
  mesh_->look_at_pressure();
  const bool before = any_crowded_.load(std::memory_order_relaxed);
  std::vector<NodeId> crowded = mesh_->crowded(options_.link_queue_bytes_max / (before ? 4 : 2));
  if (!before && crowded.empty()) return;
  const std::lock_guard lock(shown_mutex_);
  crowded_ = std::move(crowded);
  any_crowded_.store(!crowded_.empty(), std::memory_order_relaxed);
}

void PeerNetwork::Impl::show_lanes() {
  metrics_.queue_bytes.set(static_cast<std::int64_t>(mesh_->queued_bytes()));
  for (const cluster::LanePlan& plan : cluster::lane_plans) {
    const PeerMetrics::OfLane& lane = metrics_.lanes[cluster::index_of(plan.lane)];
    lane.queue_bytes.set(static_cast<std::int64_t>(mesh_->queued_bytes(plan.lane)));
    if (plan.window_bytes == 0) continue;
    lane.credit_bytes.set(static_cast<std::int64_t>(mesh_->credit_bytes(plan.lane)));
    std::uint64_t& shown = shown_stalls_[cluster::index_of(plan.lane)];
    const std::uint64_t stalls = mesh_->stall_count(plan.lane);
    lane.stalls.add(worker(), stalls - std::exchange(shown, stalls));
  }
}

void PeerNetwork::Impl::flush(Conn& conn) {
  conn.queued = false;
  if (!conn.blocked) write(conn);
  if (mesh_->is_ended(conn.key) && !has_more_to_say(conn)) close(conn, TENON_CLOSE_FLUSH);
}

// Whether the goodbye waits behind what is being written.
bool PeerNetwork::Impl::has_more_to_say(const Conn& conn) const {
  if (!goodbye_timer_) return false;
  const cluster::LinkOutput* output = mesh_->output(conn.key);
  return output && !output->is_idle();
}

void PeerNetwork::Impl::write(Conn& conn) {
  cluster::LinkOutput* output = mesh_->output(conn.key);
  for (int i = 0; output && i < writes_per_turn && !conn.blocked; ++i) {
    output->gather(mesh_->version(conn.key), spans_);
    if (spans_.empty()) return;
    abi_spans_.clear();
    std::size_t wanted = 0;
    for (const Bytes span : spans_) {
      abi_spans_.push_back({span.data(), span.size()});
      wanted += span.size();
    }
    const std::uint64_t taken = transport_.send(conn.conn, abi_spans_);
    metrics_.sent_bytes.add(worker(), taken);
    output->written(taken);
    conn.blocked = taken < wanted;
  }
  if (!output || conn.blocked || output->is_idle()) return;
  // The rest has its place in the next turn.
  world_.worker.post(make_task([weak = weak_from_this(), key = conn.key] {
    if (const auto self = weak.lock()) self->wants_write(key);
  }));
}

void PeerNetwork::Impl::close(Conn& conn, std::uint32_t flags) {
  const cluster::LinkKey key = conn.key;
  transport_.close(conn.conn, flags);
  conns_.erase(key);
  mesh_->closed(key, now());
}

}  // namespace tenon::peer
