#include <algorithm>

#include "node/identity.h"
#include "node/node_impl.h"

// A node that is drained, as an operator wants: what is told to others and done about it.

namespace tenon::node {

namespace events = observe::events;

namespace {

constexpr std::int64_t tick_ns = 100 * ns_per_ms;
// Leaders are handed over, and nodes asked where clients can go, with each so many ticks.
constexpr std::uint64_t ticks_per_hand_over = 3;
constexpr std::uint64_t ticks_per_question = 20;

}  // namespace

std::size_t Node::Impl::client_count() const {
  std::size_t count = 0;
  for (const auto& shard : shards_) count += shard->client_count();
  return count;
}

bool Node::Impl::lets_in() const {
  return accepting_ && !stopping_ && shown_phase_.load(std::memory_order_relaxed) == DrainWork::Phase::none;
}

NodeReport Node::Impl::report() const {
  NodeReport report;
  const Durable::Had had = durable_->had();
  report.phase = static_cast<std::uint8_t>(shown_phase_.load(std::memory_order_relaxed));
  report.lets_in = lets_in();
  report.clients = client_count();
  report.leaders = had.leaders;
  report.replicas = had.replicas;
  if (peers_)
    for (const peer::PeerView& peer : peers_->peers())
      report.linked.push_back(static_cast<std::uint64_t>(peer.node));
  for (const kv::NodeId node : durable_->gone_nodes().known())
    report.known.push_back(static_cast<std::uint64_t>(node));
  report.addresses = addresses();
  return report;
}

std::vector<NodeReport::Address> Node::Impl::addresses() const {
  std::vector<NodeReport::Address> addresses;
  const std::unique_lock lock(listeners_mutex_);
  for (const auto& listener : listeners_)
    if (const std::string& address = listener->context().advertise; !address.empty())
      addresses.push_back({listener->context().name, address});
  return addresses;
}

void Node::Impl::take_marks(const NodeMarks& marks) {
  const auto found = marks.drains.find(kv::NodeId{durable_->node_id()});
  const bool was_drained = drain_mark_.has_value();
  drain_mark_ = found == marks.drains.end() ? std::nullopt : std::optional(found->second);
  drain_.set_mark(drain_mark_ ? &*drain_mark_ : nullptr, clock_.mono_ns());
  if (drain_mark_)
    begin_drain();
  else if (was_drained)
    end_drain();
  show_drain();
  serve();
}

void Node::Impl::begin_drain() {
  tables_->redirects.begin(
      drain_mark_->is_for_good ? mqtt::ReasonCode::server_moved : mqtt::ReasonCode::use_another_server,
      elsewhere_);
  if (std::exchange(drain_ticks_, true)) return;
  durable_->forget_left();
  knows_elsewhere_ = false;
  drain_tick();
}

void Node::Impl::end_drain() {
  tables_->redirects.end();
  health_.remove("drain");
}

// Of nodes that let clients in.
void Node::Impl::ask_where_else() {
  if (std::exchange(asks_elsewhere_, true)) return;
  nodes_->ask_all([this](NodeReports&& reports) {
    broker::Redirects::Addresses found;
    for (const auto& [node, report] : reports.of)
      if (report.lets_in && static_cast<std::uint64_t>(node) != durable_->node_id())
        for (const auto& [listener, text] : report.addresses) found[listener].push_back(text);
    workers_->control().post(make_task([this, found = std::move(found)]() mutable {
      asks_elsewhere_ = false;
      knows_elsewhere_ = true;
      elsewhere_ = std::move(found);
      if (drain_mark_) begin_drain();
    }));
  });
}

void Node::Impl::drain_tick() {
  if (stopping_ || !drain_mark_) {
    drain_ticks_ = false;
    return;
  }
  workers_->control().reactor().start_timer(
      tick_ns, [](void* self) { static_cast<Impl*>(self)->drain_tick(); }, this);
  if (drain_turn_ % ticks_per_hand_over == 0) durable_->give_leaders();
  if (drain_turn_ % ticks_per_question == 0 || !knows_elsewhere_) ask_where_else();
  ++drain_turn_;
  const Durable::Had had = durable_->had();
  DrainWork::Facts facts;
  facts.leaders = had.left;
  facts.clients = client_count();
  facts.links = link_count();
  facts.replicas = had.replicas;
  facts.is_known = had.left != SIZE_MAX && knows_elsewhere_;
  facts.now_ns = clock_.mono_ns();
  const DrainWork::Step step = drain_.step(facts);
  if (step.sends_away > 0) send_away(step.sends_away);
  if (step.gives_replicas) give_replicas();
  show_drain();
}

// From each worker in the measure of what it has.
void Node::Impl::send_away(std::size_t count) {
  const std::size_t all = std::max<std::size_t>(client_count(), 1);
  std::size_t left = count;
  for (const auto& shard : shards_) {
    const std::size_t share = std::min(left, (count * shard->client_count() + all - 1) / all);
    left -= share;
    if (share > 0) shard->worker().post(make_task([&shard = *shard, share] { shard.send_away(share); }));
  }
}

// By the mark, so that all know it: ranges that have this node learn take it for one that does not.
void Node::Impl::give_replicas() {
  if (drain_mark_->gives_replicas || std::exchange(gives_replicas_, true)) return;
  DrainMark mark = *drain_mark_;
  mark.gives_replicas = true;
  durable_->marks().drain(kv::NodeId{durable_->node_id()}, mark, mark.by, mark.version,
                          [this](const Status&) { gives_replicas_ = false; });
}

void Node::Impl::show_drain() {
  const DrainWork::Phase phase = drain_.phase();
  if (shown_phase_.exchange(phase) == phase) return;
  if (phase == DrainWork::Phase::none) {
    log_.write(events::node_resumed, "the node is drained no more: clients are let in");
    return;
  }
  health_.set("drain", observe::HealthState::failed,
              phase == DrainWork::Phase::done
                  ? "the node is drained: it can be stopped"
                  : "the node is being drained: " + std::string(to_string(phase)) + " are going");
  log_.write(events::node_drained, "the node is being drained",
             {{"phase", to_string(phase)},
              {"clients", client_count()},
              {"leaders", durable_->had().leaders},
              {"replicas", durable_->had().replicas},
              {"by", drain_mark_->by},
              {"reason", drain_mark_->reason}});
}

}  // namespace tenon::node
