#include "cluster/mesh.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "cluster/wire/control.h"
#include "cluster/wire/frame.h"

namespace tenon::cluster {

Mesh::Link::Link(LinkKey k, std::optional<Endpoint> d, const LocalNode& local, const LinkLimits& limits,
                 const PeerSession::Nonce& nonce, MonoNs now)
    : key(k),
      dialled(std::move(d)),
      session(local, limits, dialled ? Side::dialler : Side::acceptor, nonce, now),
      output(limits.queue_bytes_max) {}

Mesh::Mesh(LocalNode local, const Options& options, MeshPort& port, Random& random)
    : local_(std::move(local)),
      options_(options),
      port_(port),
      random_(random),
      peers_(local_.node, options.pauses, random),
      detector_(options.detector) {
  TENON_BUG(local_.node != NodeId::none, "a node has an id");
  if (local_.process == 0) local_.process = random_.next() | 1;
}

Mesh::~Mesh() = default;

void Mesh::add_node(NodeId node, const Endpoint& address, MonoNs now) {
  if (!is_up(node) && !local_.removed.contains(node)) learn(node, address, now);
}

void Mesh::set_cluster_id(std::uint64_t cluster_id, MonoNs now) {
  local_.cluster_id = cluster_id;
  for (const auto& [key, link] : links_)
    if (link->session.knows_peer()) end_if_foreign(*link, now);
}

void Mesh::set_peer_cluster_id(NodeId node, std::uint64_t cluster_id, MonoNs now) {
  Link* link = link_to(node);
  if (!link || !link->session.is_up()) return;
  link->session.set_peer_cluster_id(cluster_id);
  end_if_foreign(*link, now);
}

void Mesh::end_if_foreign(Link& link, MonoNs now) {
  const std::uint64_t theirs = link.session.peer().cluster_id;
  const bool both_founded = theirs != 0 && local_.cluster_id != 0;
  if (both_founded && theirs != local_.cluster_id) end(link, LinkEnd::cluster_id, now);
}

void Mesh::set_removed(std::set<NodeId> nodes, MonoNs now) {
  local_.removed = std::move(nodes);
  for (const auto& [key, link] : links_)
    if (link->session.knows_peer() && local_.removed.contains(link->session.peer().node))
      end(*link, LinkEnd::removed, now);
  for (const NodeId node : local_.removed) peers_.forget(node);
}

void Mesh::tick(MonoNs now) {
  for (const auto& [key, link] : links_) {
    link->session.tick(now);
    drain(*link, now);
  }
  if (stopped_) return;
  if (twin_met_ns_ && now - *twin_met_ns_ > options_.twin_ns) {
    twin_met_ns_.reset();
    port_.on_twin_gone();
  }
  look_after_nodes(now);
  const auto is_linked = [this](NodeId node) { return link_to(node) != nullptr; };
  for (const Endpoint& name : peers_.due_names(now, is_linked)) port_.look_up(name);
  for (const Endpoint& endpoint : peers_.due(now, is_linked)) port_.dial(endpoint);
}

void Mesh::stop(MonoNs now) {
  stopped_ = true;
  for (const auto& [key, link] : links_) end(*link, LinkEnd::leaving, now);
}

LinkKey Mesh::dialled(const Endpoint& endpoint, MonoNs now) {
  return open(endpoint, now);
}

LinkKey Mesh::accepted(MonoNs now) {
  make_room_for_a_stranger(now);
  return open(std::nullopt, now);
}

void Mesh::make_room_for_a_stranger(MonoNs now) {
  std::size_t count = 0;
  Link* oldest = nullptr;
  for (const auto& [key, link] : links_) {
    if (link->dialled || link->was_up || link->over) continue;
    ++count;
    if (!oldest) oldest = link.get();
  }
  if (oldest && count >= options_.limits.strangers_max) end(*oldest, LinkEnd::crowded, now);
}

LinkKey Mesh::open(std::optional<Endpoint> dialled, MonoNs now) {
  PeerSession::Nonce nonce;
  random_.fill(nonce);
  const LinkKey key{++last_key_};
  auto link = std::make_unique<Link>(key, std::move(dialled), local_, options_.limits, nonce, now);
  Link& opened = *links_.emplace(key, std::move(link)).first->second;
  flush_control(opened);
  if (stopped_) end(opened, LinkEnd::leaving, now);
  return key;
}

void Mesh::received(LinkKey key, Bytes bytes, MonoNs now) {
  Link* link = find(key);
  if (!link) return;
  link->session.receive(bytes, now);
  drain(*link, now);
}

void Mesh::closed(LinkKey key, MonoNs now, LinkEnd why) {
  const auto found = links_.find(key);
  if (found == links_.end()) return;
  // Out of the way of what is called from here.
  const std::unique_ptr<Link> link = std::move(found->second);
  links_.erase(found);
  for (const LanePlan& plan : lane_plans)
    past_stalls_[index_of(plan.lane)] += link->output.stall_count(plan.lane);
  over(*link, link->session.is_with_twin() ? LinkEnd::twin : why, false, now);
}

LinkOutput* Mesh::output(LinkKey key) {
  Link* link = find(key);
  return link ? &link->output : nullptr;
}

std::uint16_t Mesh::version(LinkKey key) const {
  const Link* link = find(key);
  return link ? link->session.version() : handshake_version;
}

bool Mesh::is_ended(LinkKey key) const {
  const Link* link = find(key);
  return !link || link->session.is_ended();
}

// The lane that a message for this link goes on.
static Lane lane_for(const PeerSession& session, Lane lane) {
  return session.version() >= lanes_version ? lane : Lane::messages;
}

bool Mesh::send(NodeId to, Lane lane, std::uint8_t kind, std::string&& body) {
  const auto drop = [this](DropCause cause) {
    port_.on_dropped(cause, 1);
    return false;
  };
  Link* link = link_to(to);
  if (!link || !link->session.is_up()) return drop(DropCause::no_link);
  if (body.size() > options_.limits.message_bytes_max) return drop(DropCause::too_large);
  if (!link->output.add_message(lane_for(link->session, lane), kind, body))
    return drop(DropCause::queue_full);
  port_.wants_write(link->key);
  return true;
}

void Mesh::consumed(const Arrival& arrival) {
  Link* link = find(arrival.link);
  if (!link) return;
  link->session.consumed(arrival.lane, arrival.held_bytes);
  flush_control(*link);
}

void Mesh::look_at_pressure() {
  for (const auto& [node, key] : current_) {
    Link* link = find(key);
    if (!link || !link->session.is_up()) continue;
    const std::size_t waiting = link->output.lane(lane_for(link->session, Lane::deliveries)).queued_bytes();
    tell_pressure(*link, next_pressure(link->pressure, waiting, options_.limits.queue_bytes_max));
  }
}

void Mesh::tell_pressure(Link& link, Pressure pressure) {
  if (std::exchange(link.pressure, pressure) != pressure)
    port_.on_pressure(link.session.peer().node, pressure);
}

std::size_t Mesh::queued_bytes() const {
  std::size_t sum = 0;
  for (const auto& [key, link] : links_) sum += link->output.queued_bytes();
  return sum;
}

std::size_t Mesh::queued_bytes(Lane lane) const {
  std::size_t sum = 0;
  for (const auto& [key, link] : links_) sum += link->output.lane(lane).queued_bytes();
  return sum;
}

std::uint64_t Mesh::credit_bytes(Lane lane) const {
  std::uint64_t sum = 0;
  for (const auto& [key, link] : links_)
    if (plan_of(lane).window_bytes != 0) sum += link->output.lane(lane).credit_bytes();
  return sum;
}

std::uint64_t Mesh::stall_count(Lane lane) const {
  std::uint64_t sum = past_stalls_[index_of(lane)];
  for (const auto& [key, link] : links_) sum += link->output.stall_count(lane);
  return sum;
}

std::vector<NodeId> Mesh::crowded(std::size_t size_bytes) const {
  std::vector<NodeId> nodes;
  for (const auto& [node, key] : current_) {
    const Link* link = find(key);
    const auto is_crowded = [&](const LanePlan& plan) {
      return plan.window_bytes == 0 && link->output.lane(plan.lane).queued_bytes() > size_bytes;
    };
    if (link && std::ranges::any_of(lane_plans, is_crowded)) nodes.push_back(node);
  }
  return nodes;
}

std::vector<Mesh::View> Mesh::up() const {
  std::vector<View> views;
  for (const auto& [node, key] : current_) {
    const Link* link = find(key);
    if (link && link->session.is_up())
      views.push_back(
          {node, link->session.peer().address, link->session.since_ns(), link->session.round_trip_ns()});
  }
  return views;
}

Mesh::Link* Mesh::find(LinkKey key) const {
  const auto found = links_.find(key);
  return found == links_.end() ? nullptr : found->second.get();
}

Mesh::Link* Mesh::link_to(NodeId node) const {
  const auto found = current_.find(node);
  return found == current_.end() ? nullptr : find(found->second);
}

bool Mesh::is_up(NodeId node) const {
  const Link* link = link_to(node);
  return link && link->session.is_up();
}

void Mesh::drain(Link& link, MonoNs now) {
  using Kind = PeerSession::Event::Kind;
  for (;;) {
    PeerSession::Event event = link.session.next(now);
    switch (event.kind) {
      case Kind::none:
        flush_control(link);
        if (link.output.control_bytes() > options_.limits.control_bytes_max) end(link, LinkEnd::unread, now);
        return;
      case Kind::decide:
        decide(link, now);
        break;
      case Kind::up:
        came_up(link, now);
        break;
      case Kind::message:
        port_.on_message(link.session.peer().node, event.kind_number, std::string(event.body),
                         {link.key, event.lane, event.held_bytes});
        break;
      case Kind::credit:
        // More may leave now, unless it is more than there can be.
        if (link.output.grant(event.credit.lane, event.credit.limit))
          port_.wants_write(link.key);
        else
          end(link, LinkEnd::malformed, now);
        break;
      case Kind::nodes:
        for (const NodeAddress& one : event.nodes) add_node(one.node, one.address, now);
        break;
      case Kind::ask:
        answer(link, event.ask, now);
        break;
      case Kind::heard:
        on_heard(link, event.heard, now);
        break;
      case Kind::ended:
        on_end(link, event, now);
        break;
    }
  }
}

void Mesh::on_end(Link& link, const PeerSession::Event& event, MonoNs now) {
  over(link, event.why, event.by_peer, now);
  if (!event.proven) return;
  if (event.why == LinkEnd::removed && link.dialled) port_.on_removed(link.session.peer().node);
  if (event.why == LinkEnd::twin) met_twin(event.twin, now);
}

void Mesh::met_twin(const Endpoint& address, MonoNs now) {
  twin_met_ns_ = now;
  port_.on_twin(local_.node, local_.address, address);
}

// Whether `link` must give way to `current`, the link that this node counts on; empty: it takes its place.
std::optional<LinkEnd> Mesh::verdict(const Link& link, const Link& current, MonoNs now) const {
  const Hello& peer = link.session.peer();
  const Hello& known = current.session.peer();
  const bool dialler = link.session.side() == Side::dialler;
  const bool same_process = peer.process == known.process;
  if (current.session.is_up()) {
    if (peer.incarnation > known.incarnation) return std::nullopt;
    // A connection that was opened behind that of another process is of one that lives beside it.
    if (!same_process) return link.key > current.key ? LinkEnd::twin : LinkEnd::stale;
    if (peer.incarnation < known.incarnation) return LinkEnd::stale;
  } else if (!dialler && (peer.incarnation != known.incarnation || !same_process)) {
    // Who knows the token comes before who has only said something.
    return std::nullopt;
  }
  // One more address of a node that is linked already.
  if (dialler) return LinkEnd::duplicate;
  // The other node, which decides, has answered this one.
  if (peer.node < local_.node) return std::nullopt;
  // Both have dialled, and this node has answered its own: the other one asked before it knew that. Who dials
  // in spite of a link that has been up for long has lost it.
  const bool crossed =
      !current.session.is_up() || now - current.session.since_ns() < options_.limits.silence_ns;
  if (crossed) return LinkEnd::duplicate;
  return std::nullopt;
}

void Mesh::decide(Link& link, MonoNs now) {
  const Hello& peer = link.session.peer();
  if (link.dialled) peers_.led_to(*link.dialled, peer.node);
  if (const Link* current = link_to(peer.node))
    if (const auto why = verdict(link, *current, now))
      return give_way(link, *current, *why, !link.dialled, now);
  // Who was dialled has not shown yet that it knows the token: a link that is up stays until it has.
  const bool asks = link.dialled && (peer.node < local_.node || is_up(peer.node));
  if (!asks) take_over(link, now);
  link.session.welcome(now);
}

void Mesh::take_over(Link& link, MonoNs now) {
  const NodeId node = link.session.peer().node;
  Link* before = link_to(node);
  if (before == &link) return;
  if (before) end(*before, LinkEnd::replaced, now);
  current_[node] = link.key;
}

// `proven`: the other side has shown that it knows the token.
void Mesh::give_way(Link& link, const Link& current, LinkEnd why, bool proven, MonoNs now) {
  if (why != LinkEnd::twin) return end(link, why, now);
  const Endpoint& kept = current.session.peer().address;
  const Hello& peer = link.session.peer();
  if (proven) port_.on_twin(peer.node, kept, peer.address);
  link.session.end(why, kept);
  flush_control(link);
  over(link, why, false, now);
}

// Whether another link to the node, of no earlier start of it, came up since this node has asked on `link`.
std::optional<LinkEnd> Mesh::late(const Link& link) const {
  const Hello& peer = link.session.peer();
  const Link* current = link_to(peer.node);
  if (!link.dialled || local_.node > peer.node || !current || current == &link || !current->session.is_up())
    return std::nullopt;
  const Hello& known = current->session.peer();
  if (known.incarnation < peer.incarnation) return std::nullopt;
  // The other one may have been started again since.
  const bool restarted = known.incarnation > peer.incarnation;
  return restarted || known.process == peer.process ? LinkEnd::duplicate : LinkEnd::twin;
}

void Mesh::came_up(Link& link, MonoNs now) {
  if (const auto why = late(link)) return give_way(link, *link_to(link.session.peer().node), *why, true, now);
  take_over(link, now);
  link.was_up = true;
  const Hello& peer = link.session.peer();
  learn(peer.node, peer.address, now);
  port_.on_peer_up(peer, link.key);
  detector_.on_up(peer.node, peer.incarnation, now);
  tell_changes();
  tell_nodes(link);
}

// Who comes new hears of all others, and they of it.
void Mesh::tell_nodes(Link& fresh) {
  const Hello& newcomer = fresh.session.peer();
  const std::string of_newcomer = write_nodes({{newcomer.node, newcomer.address}});
  std::vector<NodeAddress> others;
  for (const auto& [node, key] : current_) {
    Link* link = find(key);
    if (!link || link == &fresh || !link->session.is_up()) continue;
    others.push_back({node, link->session.peer().address});
    add_frame(*link, FrameType::nodes, of_newcomer);
  }
  if (others.empty()) return;
  add_frame(fresh, FrameType::nodes, write_nodes(others));
}

// Behind what the session itself has to say.
void Mesh::add_frame(Link& link, FrameType type, std::string_view body) {
  flush_control(link);
  std::string frame;
  append_frame(frame, Lane::control, type, link.session.version(), body);
  link.output.add_control(std::move(frame));
  port_.wants_write(link.key);
}

void Mesh::on_heard(const Link& link, const Heard& heard, MonoNs now) {
  const FailureDetector::Word word{heard.incarnation, std::int64_t{heard.ago_ms} * ns_per_ms};
  detector_.on_answer(link.session.peer().node, heard.node, word, heard.tag, now);
  tell_changes();
}

void Mesh::answer(Link& link, const Ask& ask, MonoNs now) {
  const auto word = detector_.word_about(ask.about, now);
  if (!word) return;
  const std::int64_t ago_ms = std::min<std::int64_t>(word->heard_ago_ns / ns_per_ms, UINT32_MAX);
  add_frame(link, FrameType::heard,
            write_heard({ask.about, word->incarnation, static_cast<std::uint32_t>(ago_ms), ask.tag}));
}

void Mesh::look_after_nodes(MonoNs now) {
  for (const auto& [node, key] : current_) {
    const Link* link = find(key);
    if (link && link->session.is_up()) detector_.on_heard(node, link->session.sent_ns());
  }
  detector_.tick(now);
  for (const FailureDetector::Question& question : detector_.take_questions()) {
    Link* link = link_to(question.witness);
    if (!link || !link->session.is_up()) continue;
    // The tag is the time, by which this node knows from when the answer counts.
    add_frame(*link, FrameType::ask, write_ask({question.about, static_cast<std::uint64_t>(now)}));
  }
  tell_changes();
}

void Mesh::tell_changes() {
  for (const FailureDetector::Change& change : detector_.take_changes()) port_.on_node_state(change);
}

void Mesh::learn(NodeId node, const Endpoint& address, MonoNs now) {
  if (node == local_.node) return;
  if (peers_.learn(node, address, now)) port_.on_node_known(node, address);
  if (is_up(node)) return;
  detector_.on_known(node, now);
  tell_changes();
}

void Mesh::end(Link& link, LinkEnd why, MonoNs now) {
  if (link.session.is_ended()) return;
  link.session.end(why);
  flush_control(link);
  over(link, why, false, now);
}

// Tells the end of a link, once.
void Mesh::over(Link& link, LinkEnd why, bool by_peer, MonoNs now) {
  if (std::exchange(link.over, true)) return;
  const bool known = link.session.knows_peer();
  if (link.dialled) {
    if (known && why == LinkEnd::itself) peers_.led_to(*link.dialled, local_.node);
    peers_.dial_ended(*link.dialled, link.was_up || why == LinkEnd::duplicate, now);
  }
  if (const std::size_t waiting = link.output.drop_messages(); waiting > 0)
    port_.on_dropped(DropCause::link_lost, waiting);
  if (known) tell_pressure(link, Pressure::none);
  const NodeId node = known ? link.session.peer().node : NodeId::none;
  const auto current = current_.find(node);
  if (current != current_.end() && current->second == link.key) current_.erase(current);
  if (link.was_up) {
    port_.on_peer_down(node, why);
    // Another link may have taken its place, and a node that stops judges nobody.
    if (!stopped_ && !is_up(node)) detector_.on_down(node, why, now);
    tell_changes();
  } else {
    if (link.dialled) port_.on_dial_ended(node, *link.dialled);
    const Endpoint address = known ? link.session.peer().address : link.dialled.value_or(Endpoint{});
    port_.on_refused(node, address, why, by_peer);
  }
  port_.wants_write(link.key);
}

void Mesh::flush_control(Link& link) {
  std::string frames = link.session.take_control();
  if (frames.empty()) return;
  link.output.add_control(std::move(frames));
  port_.wants_write(link.key);
}

}  // namespace tenon::cluster
