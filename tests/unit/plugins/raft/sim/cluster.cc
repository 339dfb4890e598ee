#include "sim/cluster.h"

#include <algorithm>
#include <utility>

namespace tenon::raft::sim {
namespace {

constexpr std::uint32_t peace_ticks_max = 1500;

}  // namespace

Plan Plan::draw(Random& random) {
  Plan plan;
  plan.founders = random.below(3) == 0 ? 5 : 3;
  plan.spares = static_cast<std::uint32_t>(random.below(3));
  plan.disk_max = 1 + static_cast<std::uint32_t>(random.below(30));
  plan.crash_permille = static_cast<std::uint32_t>(random.below(6));
  plan.cut_permille = static_cast<std::uint32_t>(random.below(25));
  plan.propose_percent = 10 + static_cast<std::uint32_t>(random.below(70));
  plan.compact_percent = static_cast<std::uint32_t>(random.below(8));
  plan.network.delay_max = 2 + static_cast<std::uint32_t>(random.below(20));
  plan.network.late_percent = static_cast<std::uint32_t>(random.below(6));
  plan.network.lost_percent = static_cast<std::uint32_t>(random.below(12));
  plan.network.doubled_percent = static_cast<std::uint32_t>(random.below(10));

  Options& options = plan.options;
  bool storm = false;
  if (random.below(3) == 0) {
    // A storm: elections and crashes all the time, disks too slow for them.
    plan.crash_permille = static_cast<std::uint32_t>(random.below(15));
    plan.crash_at_write_permille = static_cast<std::uint32_t>(random.below(60));
    plan.cut_permille = static_cast<std::uint32_t>(random.below(80));
    plan.disk_max = 10 + static_cast<std::uint32_t>(random.below(60));
    plan.network.late_percent = static_cast<std::uint32_t>(random.below(25));
    plan.network.late_max = 50 + static_cast<std::uint32_t>(random.below(200));
    options.election_ticks = 3 + static_cast<std::uint32_t>(random.below(4));
    storm = true;
  }
  if (random.below(3) == 0) {
    plan.spares = 1 + static_cast<std::uint32_t>(random.below(3));
    plan.change_permille = 150;
  }
  options.heartbeat_ticks = 1 + static_cast<std::uint32_t>(random.below(2));
  options.pre_vote = random.below(storm ? 2 : 4) != 0;
  options.check_quorum = options.pre_vote || random.below(2) != 0;
  options.message_bytes_max = 60 + random.below(400);
  options.inflight_count_max = 2 + random.below(10);
  options.uncommitted_bytes_max = 2000;
  options.committed_bytes_max = 100 + random.below(1000);
  options.tail_bytes_max = 100 + random.below(2000);
  options.snapshot_ticks_max = 30;
  options.catch_up_entries_max = 20;
  options.quiesce_ticks = random.below(2) == 0 ? 0 : 4;
  options.lease_reads = plan.even_clocks = options.check_quorum && random.below(6) == 0;
  if (random.below(6) == 0) {
    // Duels: time-outs shorter than a round trip, so that candidates meet in one term while power comes and
    // goes.
    plan.spares = 0;
    plan.network.delay_max = 20 + static_cast<std::uint32_t>(random.below(60));
    plan.disk_max = 1 + static_cast<std::uint32_t>(random.below(20));
    plan.crash_at_write_permille = 50 + static_cast<std::uint32_t>(random.below(100));
    plan.propose_percent = 10;
    options.election_ticks = 3 + static_cast<std::uint32_t>(random.below(6));
    options.pre_vote = options.check_quorum = options.lease_reads = false;
  }
  if (random.below(2) == 0) options.slow_disk_ticks = 2 + static_cast<std::uint32_t>(random.below(20));
  return plan;
}

Cluster::Cluster(std::uint64_t seed, OwnerBug bug)
    : random_(seed), plan_(Plan::draw(random_)), checker_(&replicas_), network_(plan_.network) {
  std::vector<NodeId> founders;
  for (std::uint32_t i = 1; i <= plan_.founders; ++i) founders.push_back(NodeId{i});
  const std::size_t nodes = plan_.founders + plan_.spares;
  replicas_.reserve(nodes);
  for (std::uint32_t i = 1; i <= nodes; ++i) {
    Replica::Begin begin{plan_.options, i <= plan_.founders ? founding(founders) : SnapshotMeta{}, bug};
    begin.options.self = NodeId{i};
    replicas_.emplace_back(begin, &checker_);
  }
  lives_.assign(nodes, 0);
  write_free_at_.assign(nodes, 0);
  for (Replica& replica : replicas_) replica.start(random_.next());
}

std::string Cluster::run() {
  while (ok() && ticks_done_ < plan_.ticks) {
    tick_all();
    act();
  }
  make_peace();
  await_rest("peace");
  break_links();
  await_rest("links that broke in an idle group");
  return checker_.failure();
}

void Cluster::await_rest(std::string_view behind) {
  std::uint32_t quiet = 0;
  while (ok() && !at_rest() && quiet++ < peace_ticks_max) tick_all();
  if (ok() && !at_rest())
    checker_.fail("no rest " + std::to_string(peace_ticks_max) + " ticks behind " + std::string(behind) +
                  ": " + describe());
}

// ---- Events

void Cluster::post(std::uint64_t delay, Kind kind, std::size_t node, Message message) {
  events_.push(Event{now_ + delay, order_++, kind, node, lives_[node], std::move(message)});
}

void Cluster::tick_all() {
  ++ticks_done_;
  const std::uint64_t end = now_ + plan_.steps_per_tick;
  while (ok() && !events_.empty() && events_.top().at <= end) {
    Event event = events_.top();
    events_.pop();
    now_ = event.at;
    handle(event);
  }
  now_ = end;
  for (std::size_t node = 0; ok() && node < replicas_.size(); ++node) {
    if (!replicas_[node].up()) continue;
    // Clocks that differ a little: now and then one misses a tick.
    if (!peace_ && !plan_.even_clocks && random_.below(50) == 0) continue;
    replicas_[node].group().tick();
    settle(node);
  }
}

void Cluster::handle(Event& event) {
  Replica& replica = replicas_[event.node];
  if (event.kind == Kind::restart) {
    if (replica.up()) return;
    replica.start(random_.next());
    return settle(event.node);
  }
  if (!replica.up()) return;
  if (event.kind == Kind::message) {
    replica.group().step(std::move(event.message));
    return settle(event.node);
  }
  if (event.life != lives_[event.node]) return;
  if (event.kind == Kind::write_done) replica.complete_write();
  if (event.kind == Kind::install_done) install(event.node);
  if (event.kind == Kind::crash) return crash(event.node);
  settle(event.node);
}

// Lets the node do what is ready, sends its messages, starts its disk and fetches the snapshot that it wants.
void Cluster::settle(std::size_t node) {
  Replica& replica = replicas_[node];
  const std::size_t pending = replica.disk().pending();
  const bool wanted = replica.wanted().has_value();
  std::vector<Message> messages;
  replica.run(&messages);
  checker_.check(replica);
  for (Message& message : messages) {
    const std::size_t to = index_of(message.to);
    for (const std::uint32_t delay : network_.route(message, random_))
      post(delay, Kind::message, to, message);
  }
  for (std::size_t write = pending; write < replica.disk().pending(); ++write) {
    std::uint64_t takes = 1 + random_.below(plan_.disk_max);
    if (!peace_ && random_.below(100) < plan_.slow_percent) takes *= 1 + random_.below(20);
    write_free_at_[node] = std::max(write_free_at_[node], now_) + takes;
    post(write_free_at_[node] - now_, Kind::write_done, node);
    if (!peace_ && chance(plan_.crash_at_write_permille)) post(random_.below(takes), Kind::crash, node);
  }
  if (!wanted && replica.wanted()) post(20 + random_.below(200), Kind::install_done, node);
}

void Cluster::install(std::size_t node) {
  Replica& replica = replicas_[node];
  const Install wanted = *replica.wanted();
  Replica& source = replicas_[index_of(wanted.from)];
  const bool fails = !peace_ && random_.below(5) == 0;
  if (fails || !source.up() || source.state().applied < wanted.meta.index ||
      !network_.reaches(source.id(), replica.id())) {
    replica.fail_install();
    if (source.up() && random_.below(2) == 0) source.group().snapshot_send_failed(replica.id());
    return;
  }
  State state = source.state();
  state.meta = source.group().meta_at(state.applied);
  replica.install(state);
}

// ---- Workload and faults

void Cluster::act() {
  request();
  for (std::size_t node = 0; node < replicas_.size(); ++node) {
    if (chance(plan_.crash_permille)) crash(node);
    if (!replicas_[node].up()) continue;
    if (chance(plan_.compact_percent * 10)) replicas_[node].compact(random_.below(20));
    if (chance(plan_.compact_percent * 10)) replicas_[node].save();
    if (chance(plan_.hint_permille)) {
      const NodeId about{1 + random_.below(replicas_.size())};
      replicas_[node].group().peer_liveness(about, random_.below(2) == 0 ? Liveness::down : Liveness::up);
      replicas_[node].group().unreachable(about);
    }
    settle(node);
  }
  if (chance(plan_.cut_permille)) cut_some();
  if (chance(plan_.cut_permille)) network_.heal();
}

void Cluster::request() {
  for (std::size_t node = 0; node < replicas_.size(); ++node) {
    Replica& replica = replicas_[node];
    if (!replica.up()) continue;
    if (random_.below(100) < plan_.read_percent) replica.group().read_index(checker_.begin_read());
    if (replica.group().leading()) act_on_leader(replica);
    settle(node);
  }
}

void Cluster::act_on_leader(Replica& leader) {
  if (random_.below(100) < plan_.propose_percent) {
    std::vector<Payload> payloads;
    for (std::uint64_t i = 0; i <= random_.below(3); ++i) {
      payloads.push_back(Payload::copy("p" + std::to_string(++proposals_)));
    }
    leader.group().propose(payloads);
  }
  if (chance(plan_.change_permille)) change_members(leader);
  if (chance(plan_.transfer_permille))
    leader.group().transfer_leader(NodeId{1 + random_.below(replicas_.size())});
}

// Moves some node to another place: in as a learner, on to voter, out.
void Cluster::change_members(Replica& leader) {
  Configuration target = leader.group().configuration();
  target.voters_outgoing.clear();
  for (std::uint64_t i = 0; i <= random_.below(2); ++i) {
    const NodeId node{1 + random_.below(replicas_.size())};
    const bool learner = std::erase(target.learners, node) > 0;
    const bool voter = std::erase(target.voters, node) > 0;
    if (learner && random_.below(3) != 0) target.voters.push_back(node);
    if ((voter && random_.below(3) == 0) || (!learner && !voter)) target.learners.push_back(node);
  }
  target.normalise();
  if (target.voters.size() >= 2) leader.group().propose_change(target);
}

void Cluster::crash(std::size_t node) {
  Replica& replica = replicas_[node];
  if (!replica.up()) return;
  replica.crash(random_.below(replica.disk().pending() + 1));
  ++lives_[node];
  write_free_at_[node] = 0;
  post(1 + random_.below(random_.below(2) == 0 ? 20 : 300), Kind::restart, node);
}

void Cluster::cut_some() {
  const NodeId node{1 + some_node()};
  const bool whole = random_.below(2) == 0;
  const bool outwards = random_.below(2) == 0;
  for (const Replica& other : replicas_) {
    if (other.id() == node || (!whole && random_.below(2) == 0)) continue;
    network_.cut(outwards ? node : other.id(), outwards ? other.id() : node);
    if (whole) network_.cut(outwards ? other.id() : node, outwards ? node : other.id());
  }
}

// ---- The end

void Cluster::make_peace() {
  peace_ = true;
  network_.heal();
  network_.faults().lost_percent = network_.faults().doubled_percent = network_.faults().late_percent = 0;
  network_.faults().delay_max = 3;
  plan_.disk_max = 3;
  for (std::size_t node = 0; node < replicas_.size(); ++node) {
    for (const Replica& other : replicas_) {
      if (replicas_[node].up()) replicas_[node].group().peer_liveness(other.id(), Liveness::up);
    }
  }
}

// They are there again at once, and nobody writes.
void Cluster::break_links() {
  for (std::size_t node = 0; node < replicas_.size(); ++node) {
    for (const Replica& other : replicas_)
      if (replicas_[node].up()) replicas_[node].group().unreachable(other.id());
  }
}

const Replica* Cluster::last_leader() const {
  const Replica* leader = nullptr;
  for (const Replica& replica : replicas_) {
    if (!replica.up() || !replica.group().leading()) continue;
    if (leader == nullptr || replica.group().term() > leader->group().term()) leader = &replica;
  }
  return leader;
}

// A leader, and everybody that it counts as a member has and applied what it has, as it knows.
bool Cluster::at_rest() const {
  const Replica* const leader = last_leader();
  if (leader == nullptr || leader->group().configuration().joint()) return false;
  return std::all_of(replicas_.begin(), replicas_.end(), [&](const Replica& replica) {
    if (!leader->group().configuration().is_member(replica.id())) return true;
    return replica.up() && replica.group().term() == leader->group().term() && !replica.wanted() &&
           replica.state().applied == leader->group().last_index() && replica.disk().pending() == 0 &&
           leader->group().caught_up(replica.id());
  });
}

std::string Cluster::describe() const {
  std::string text;
  for (const Replica& replica : replicas_) {
    text += "\n  n" + std::to_string(static_cast<std::uint64_t>(replica.id()));
    if (!replica.up()) {
      text += " down";
      continue;
    }
    const Status status = replica.group().status();
    text += " role " + std::to_string(static_cast<int>(status.soft.role)) + " term " +
            std::to_string(status.soft.term) + " last " + std::to_string(status.last) + " commit " +
            std::to_string(status.hard.commit) + " applied " + std::to_string(replica.state().applied) +
            (status.soft.quiesced ? " asleep" : "") + " voters";
    for (const NodeId node : status.configuration.voters)
      text += " " + std::to_string(static_cast<std::uint64_t>(node));
    if (status.configuration.joint()) text += " joint";
  }
  return text;
}

std::string run_seed(std::uint64_t seed, OwnerBug bug) {
  Cluster cluster(seed, bug);
  const std::string failure = cluster.run();
  return failure.empty() ? failure : "seed " + std::to_string(seed) + ": " + failure;
}

}  // namespace tenon::raft::sim
