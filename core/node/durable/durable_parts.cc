#include "node/durable/durable.h"

#include "base/executor.h"
#include "node/identity.h"
#include "node/operate/given_up/given_up_file.h"
#include "node/plugins/plugin_ports.h"
#include "node/recovery_health.h"

namespace tenon::node {

namespace events = observe::events;
using kv::NodeId;
using kv::StoreId;

namespace {

// Of looking at what ranges hold, a second.
constexpr int survey_slices = 8;

}  // namespace

store::StoreEvents Durable::store_events() {
  store::StoreEvents to;
  to.range_opened = [this](const kv::RangeId& range, const kv::Descriptor& descriptor) {
    replica_opened(range, descriptor);
  };
  to.range_closed = [this](const kv::RangeId& range) { replica_closed(range); };
  to.engine_of = [this](StoreId store) {
    const bool is_open = founding_ && founding_->cluster_id() != 0 && has_engine(store) &&
                         services_of(settings_.services).takes(store);
    return is_open ? &engine_of(store) : nullptr;
  };
  to.member_policy = [this](StoreId store) {
    store::MemberPolicy policy{settings_of(store).voters, settings_of(store).learners < 0};
    if (policy.all_learn) policy.excluded = who_does_not_learn(store);
    return policy;
  };
  to.members_report = [this](const kv::RangeId& range, const std::string& what) {
    log_.write(events::storage_members_changed, what, {{"range", range.number}});
  };
  to.recovery_report = [this](const kv::RangeId& range, const std::string& what) {
    log_.write(events::storage_range_recovered, what,
               {{"range", range.number}, {"incarnation", range.incarnation}});
  };
  to.keep_given_up = [this](const store::GivenUp& given_up) {
    return write_given_up(disk_, settings_.node.data_dir, given_up, node_id_text(node_id_), clock_.unix_ms());
  };
  to.leader_changed = [this](const kv::RangeId& range, NodeId leader) {
    log_.write(events::storage_leader_changed,
               leader == NodeId::none ? "no leader is known" : "a leader is known",
               {{"range", range.number}, {"leader", node_id_text(static_cast<std::uint64_t>(leader))}});
  };
  to.caught_up = [this](const kv::RangeId& range) { caught_up(range); };
  to.fell_behind = [this](const kv::RangeId& range) { fell_behind(range); };
  to.contact_settled = [this](NodeId) { routes_->link_settled(); };
  to.range_changed = [this](const kv::RangeId& range, const kv::Descriptor& descriptor) {
    if (founding_) founding_->on_range(range, descriptor);
    // A state that was installed may be of more keys than the replica had.
    look_soon_whether_complete();
  };
  to.hard_state = [this](const kv::RangeId& range) {
    const auto found = hard_states_.find(range);
    return found == hard_states_.end() ? std::string() : found->second;
  };
  to.order_finished = [this](std::uint64_t number, const store::Answer& answer) {
    // Who hears that it is done finds what it did in the list.
    store_->run([this, number, answer](const store::Keeper& keeper) {
      desk_.refresh(keeper);
      desk_.order_finished(keeper, number, answer);
    });
  };
  to.heard_of_ranges = [this](NodeId from, std::string_view body) { founding_->on_ranges(from, body); };
  to.peer_changed = [this](NodeId node, bool up) { founding_->on_peer(node, up); };
  to.replica_failed = [this](const kv::RangeId& range, const std::string& why) {
    const kv::Descriptor* descriptor = store_->keeper().ranges().descriptor(range);
    replica_failed(range, descriptor ? descriptor->store : StoreId::meta, why);
  };
  to.storage_failed = [this](const std::string& name, const std::string& why) {
    log_.write(events::storage_engine_failed, why);
    health_.set(name, observe::HealthState::failed, why);
  };
  to.log_failed = [this] { log_has_failed_.store(true, std::memory_order_relaxed); };
  to.storage_recovered = [this](const std::string& name) {
    if (health_.clear(name))
      log_.write(events::storage_engine_recovered, "all that waited was written", {{"engine", name}});
  };
  return to;
}

void Durable::connect(peer::PeerNetwork& network) {
  network_ = &network;
  peers_.connect(*store_, network, *planner_);
  peers_.connect(*routes_);
  peers_.when_removed([this](NodeId by) {
    log_.write(
        events::peer_self_removed,
        "this node was removed from the cluster, and its id is not let in again: to join anew, give it an "
        "empty data directory",
        {{"by", node_id_text(static_cast<std::uint64_t>(by))}});
  });
  planner_->connect([this](NodeId to, std::string&& facts) {
    peers_.send(to, store::PeerMessage::facts, std::move(facts));
  });
}

Status Durable::make_planner() {
  auto planner = Planner::create({settings_, clock_, random_, log_, desk_, node_id_, start_number_});
  if (!planner.ok()) return planner.error();
  planner_ = std::move(planner).value();
  desk_.when_ended([this](const admin::OrderStatus& order) { planner_->on_order(order); });
  make_meta();
  make_rules();
  make_marks();
  return {};
}

void Durable::make_meta() {
  meta_ = std::make_unique<MetaWatch>(MetaWatch::World{
      clock_,
      [this](store::Request&& request, std::function<void(store::Answer &&)> answered) {
        store_->ask(std::move(request), std::move(answered));
      },
      [this](std::function<void()> fn) { services_.executor->post_control(make_task(std::move(fn))); }});
}

void Durable::make_rules() {
  balancers_ = std::make_unique<BalancerSet>(
      settings_, plugins_, services_,
      [this](std::vector<balance::BalancerSetup>&& setups) {
        planner_->set_balancers(std::move(setups));
        if (on_balancers_changed_) on_balancers_changed_();
      },
      [this](const std::string& instance) { node_health_.remove(health_condition_of(instance)); });
  // Until the rules are known; nothing is planned before that.
  balancers_->apply({});
  RuleDesk::World world{
      *meta_, random_, log_, node_health_, node_id_text(node_id_), [this](std::uint64_t number) {
        planner_->rules_known(number);
      }};
  rules_ = std::make_unique<RuleDesk>(std::move(world), *balancers_);
  planner_->await_rules([this] { return meta_->want(); });
}

void Durable::make_marks() {
  MarkDesk::World world{*meta_, [this](const NodeMarks& marks) { take_marks(marks); },
                        [this](std::uint64_t number) { planner_->marks_known(number); }};
  marks_ = std::make_unique<MarkDesk>(std::move(world));
  planner_->await_marks([this] { return meta_->want(); });
}

void Durable::take_marks(const NodeMarks& marks) {
  planner_->set_marks(marks);
  std::set<NodeId> gone;
  for (const auto& [node, mark] : marks.removed) gone.insert(node);
  std::set<NodeId> no_heirs = gone;
  for (const auto& [node, mark] : marks.drains) no_heirs.insert(node);
  store_->run([this, marks, gone, no_heirs](store::Keeper& keeper) {
    store_marks_ = marks;
    keeper.set_removed(gone);
    keeper.set_no_heirs(no_heirs);
  });
  if (network_) {
    std::set<peer::NodeId> out;
    for (const NodeId node : gone) out.insert(peer::NodeId{static_cast<std::uint64_t>(node)});
    network_->set_removed(std::move(out));
    services_.executor->post(0, make_task([this, gone] { peers_.set_removed(gone); }));
  }
  if (on_marks_) on_marks_(marks);
}

// Two that are drained at once must not hand each other what they lead.
void Durable::give_leaders() {
  store_->run([this](store::Keeper& keeper) {
    const auto may_lead = [this](NodeId node) { return !store_marks_.takes_nothing(node); };
    const std::size_t left = keeper.led().hand_over({}, may_lead);
    count_replicas(keeper);
    // Who sees it sees the other counts, too.
    left_to_give_.store(left, std::memory_order_release);
  });
}

Durable::Had Durable::had() const {
  const std::size_t left = left_to_give_.load(std::memory_order_acquire);
  return {leader_count_.load(std::memory_order_relaxed), replica_count_.load(std::memory_order_relaxed),
          left};
}

void Durable::count_replicas(const store::Keeper& keeper) {
  std::size_t leaders = 0;
  std::size_t replicas = 0;
  keeper.replicas().each([&](const store::Replica& replica) {
    ++replicas;
    if (replica.leads()) ++leaders;
  });
  leader_count_.store(leaders, std::memory_order_relaxed);
  replica_count_.store(replicas, std::memory_order_relaxed);
}

void Durable::conf_changed(const config::Settings& settings, const std::vector<std::string>& refused) {
  balancers_->conf_changed(settings, refused);
  rules_->conf_changed();
}

void Durable::look_at_meta(const std::vector<store::RangeView>& ranges) {
  std::optional<std::uint64_t> applied;
  for (const store::RangeView& range : ranges)
    if (range.descriptor.store == StoreId::meta && range.has_replica && !range.failed && !range.installing)
      applied = applied.value_or(0) + range.applied;
  meta_->look(applied);
}

Status Durable::start() {
  if (Status started = planner_->start(); !started.ok()) return started;
  if (Status started = store_->start(); !started.ok()) return started;
  run_on_store([this] { look_whether_complete(); });
  meta_->begin();
  return {};
}

void Durable::connect(broker::RemoteNodes& nodes, std::span<const std::unique_ptr<broker::Shard>> shards) {
  peers_.connect(nodes);
  nodes.connect(shards, peers_);
}

void Durable::stop() {
  if (planner_) planner_->stop();
  if (store_) store_->stop();
}

void Durable::add_led(const kv::Descriptor& range, Led& led) const {
  led.ranges.push_back(range.begin);
  for (const auto* nodes : {&range.members.voters, &range.members.learners})
    for (const NodeId node : *nodes)
      if (node != NodeId{node_id_}) led.nodes.insert(node);
}

bool Durable::hand_over() {
  planner_->leave();
  if (left_to_hand_over_.load(std::memory_order_relaxed) == 0) return true;
  store_->run([this](store::Keeper& keeper) {
    left_to_hand_over_.store(keeper.led().hand_over(), std::memory_order_relaxed);
  });
  return false;
}

void Durable::run_on_store(std::function<void()> fn) {
  store_->run([fn = std::move(fn)](store::Keeper&) { fn(); });
}

// One turn of the store thread for each slice, so that what has come meanwhile goes between them.
void Durable::survey(int slices) {
  store_->run([this, slices](const store::Keeper& keeper) {
    if (desk_.survey(keeper, clock_) && slices > 1) survey(slices - 1);
  });
}

void Durable::look() {
  survey(survey_slices);
  store_->run([this](const store::Keeper& keeper) {
    auto ranges = desk_.refresh(keeper);
    look_at_meta(ranges);
    show_recoveries(node_health_, ranges);
    planner_->look(std::move(ranges));
    count_replicas(keeper);
    look_soon_whether_complete();
    service::inbox::Counts sum;
    Led led;
    keeper.replicas().each([&](const store::Replica& replica) {
      const auto found = inboxes_.find(replica.id());
      if (found == inboxes_.end() || !replica.leads()) return;
      add_led(replica.range().descriptor(), led);
      const service::inbox::Counts& counts = found->second->counts();
      sum.sessions += counts.sessions;
      sum.attached += counts.attached;
      sum.messages += counts.messages;
      sum.message_bytes += counts.message_bytes;
    });
    keeper.ranges().each([&](const kv::RangeTable::Entry& range) {
      if (range.descriptor.store == StoreId::inbox) led.all.push_back({range.id, range.descriptor});
    });
    counts_.sessions.store(sum.sessions, std::memory_order_relaxed);
    counts_.attached.store(sum.attached, std::memory_order_relaxed);
    counts_.messages.store(sum.messages, std::memory_order_relaxed);
    counts_.message_bytes.store(sum.message_bytes, std::memory_order_relaxed);
    if (on_looked_) on_looked_(std::move(led));
  });
}

}  // namespace tenon::node
