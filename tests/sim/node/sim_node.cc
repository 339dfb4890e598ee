#include "sim/node/sim_node.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "base/assert.h"
#include "service/command_versions.h"
#include "sim/node/life.h"

namespace tenon::sim {

SimNode::SimNode(World& world, Network& network, const NodeSetup& setup, NodeObserver& observer,
                 std::uint32_t place)
    : world_(world),
      network_(network),
      setup_(setup),
      observer_(observer),
      place_(place),
      machine_(world, place) {
  for (const char* dir : {"/data", "/data/engine", "/data/log"})
    TENON_BUG(machine_.disk().make_dirs(dir).ok() && machine_.disk().sync_dir("/").ok() &&
                  machine_.disk().sync_dir("/data").ok(),
              "a new disk takes directories");
  if (setup.journal_sync_late_ns)
    machine_.disk().lie_about_syncs_below("/data/log", *setup.journal_sync_late_ns);
}

SimNode::~SimNode() = default;

const store::Keeper& SimNode::keeper() const {
  return life_->keeper();
}

std::optional<std::uint32_t> SimNode::followed_route(const std::string& key) const {
  return life_->followed_route(key);
}

bool SimNode::has_whole_replica(const kv::RangeId& range) const {
  const store::Replica* replica = keeper().replicas().find(range);
  return replica && !replica->failed() && !replica->installing() && !replica->is_blank();
}

bool SimNode::lacks_state(const kv::RangeId& range) const {
  const store::Replica* replica = keeper().replicas().find(range);
  return !replica || replica->failed() || replica->is_blank();
}

std::set<kv::StoreId> SimNode::stores() const {
  std::set<kv::StoreId> stores;
  if (setup_.may_lack_stores) return stores;
  for (const kv::RangeRecord& range : setup_.first_ranges) stores.insert(range.descriptor.store);
  return stores;
}

void SimNode::start() {
  if (life_) return;
  ++incarnation_;
  held_.clear();
  paused_until_ns_ = 0;
  world_.trace().note("node.start", {place_, incarnation_});
  try {
    life_ = std::make_unique<Life>(*this);
  } catch (const std::runtime_error& failure) {
    world_.trace().note("node.start_failed", {place_}, failure.what());
    observer_.on_start_failed(place_, failure.what());
    machine_.disk().medium().kill();
    return restart_later(ns_per_s, 3 * ns_per_s);
  }
  life_->log().set_slowness(disk_slowness_);
  observer_.on_started(place_);
  network_.on_node_up(place_);
}

void SimNode::crash(CrashKind kind) {
  if (!life_) return;
  world_.trace().note("node.crash", {place_, static_cast<std::uint64_t>(kind)});
  test::SimDisk& medium = machine_.disk().medium();
  if (kind == CrashKind::torn_write && life_->log().has_queued()) {
    medium.cut_power_at(machine_.random().below(3));
    life_->log().write_now();
  }
  medium.stop();
  life_.reset();
  if (kind == CrashKind::kill)
    medium.kill();
  else
    medium.lose_power();
  network_.on_node_down(place_, kind == CrashKind::kill ? NodeEnd::process : NodeEnd::power);
  for (const auto& [ticket, answered] : std::exchange(asked_, {})) answered(std::nullopt);
}

void SimNode::restart_later(std::int64_t min_ns, std::int64_t max_ns) {
  world_.events().after(draw_delay_ns(machine_.random(), min_ns, max_ns), [this] { start(); });
}

void SimNode::pause(std::int64_t for_ns) {
  if (!life_) return;
  world_.trace().note("node.pause", {place_});
  paused_until_ns_ = std::max(paused_until_ns_, world_.now_ns() + for_ns);
  world_.events().after(paused_until_ns_ - world_.now_ns(), [this, incarnation = incarnation_] {
    if (!life_ || incarnation != incarnation_ || world_.now_ns() < paused_until_ns_) return;
    for (const auto& what : std::exchange(held_, {})) what(*life_);
    life_->want_turn();
    network_.on_node_resumed(place_);
  });
}

bool SimNode::change_members(const kv::RangeId& range, const kv::Members& target) {
  if (!life_ || is_paused()) return false;
  const auto numbers = [](const std::vector<kv::NodeId>& nodes) {
    std::vector<std::uint64_t> all;
    for (const kv::NodeId node : nodes) all.push_back(static_cast<std::uint64_t>(node));
    std::sort(all.begin(), all.end());
    return all;
  };
  const std::vector<std::uint64_t> voters = numbers(target.voters);
  const std::vector<std::uint64_t> learners = numbers(target.learners);
  tenon_membership membership{};
  membership.struct_size = sizeof membership;
  membership.voters = voters.data();
  membership.voter_count = static_cast<std::uint32_t>(voters.size());
  membership.learners = learners.data();
  membership.learner_count = static_cast<std::uint32_t>(learners.size());
  life_->want_turn();
  return life_->probe().change(range, membership);
}

bool SimNode::transfer(const kv::RangeId& range, kv::NodeId to) {
  if (!life_ || is_paused()) return false;
  life_->want_turn();
  return life_->probe().transfer(range, static_cast<std::uint64_t>(to));
}

void SimNode::set_disk_slowness(std::uint32_t factor) {
  disk_slowness_ = factor;
  if (life_) life_->log().set_slowness(factor);
}

void SimNode::ask_for_reads() {
  run([](Life& life) { life.probe().ask_for_reads(); });
}

void SimNode::run(std::function<void(Life&)> what) {
  if (!life_) return;
  if (is_paused()) return held_.push_back(std::move(what));
  what(*life_);
  life_->want_turn();
}

void SimNode::ask(store::Request&& request, std::int64_t timeout_ns, Answered answered) {
  request.ticket = expect([this, request, answered = std::move(answered)](const auto& answer) {
    if (answer) observer_.on_answered(place_, request, *answer);
    answered(answer);
  });
  request.deadline_ns = machine_.clock().mono_ns() + timeout_ns;
  run([request = std::move(request)](Life& life) mutable { life.keeper().submit(std::move(request)); });
}

store::Ticket SimNode::expect(Answered answered) {
  const store::Ticket ticket{next_ticket_++};
  asked_.emplace(ticket, std::move(answered));
  return ticket;
}

void SimNode::recover(const store::RecoverRange& what, Answered answered) {
  run([what, ticket = expect(std::move(answered))](Life& life) { life.keeper().recover(ticket, what); });
}

namespace {

std::string without_base(const std::string& body) {
  auto message = store::read_recovery_message(body);
  if (!message || !message->held.base) return body;
  message->held.base->last = {UINT64_MAX, UINT64_MAX};
  return write_recovery_message(*message);
}

}  // namespace

void SimNode::on_message(std::uint32_t from, store::PeerMessage kind, const std::string& text) {
  const bool is_mistaken = setup_.hears_no_base && kind == store::PeerMessage::recovery;
  run([this, from, kind, body = is_mistaken ? without_base(text) : text](Life& life) {
    if (!life.keeper().on_message(setup_.nodes[from], kind, body))
      world_.fail("a peer's message does not hold together");
  });
}

void SimNode::on_link(std::uint32_t other, bool is_up, std::uint64_t start_number) {
  run([this, other, is_up, start_number](Life& life) {
    // All nodes are of this version.
    life.keeper().on_peer(setup_.nodes[other], is_up, {start_number, service::own_command_versions()});
    if (is_up && setup_.reshapes) life.tell_of_ranges(setup_.nodes[other]);
  });
}

}  // namespace tenon::sim
