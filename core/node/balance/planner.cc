#include "node/balance/planner.h"

#include <algorithm>
#include <thread>

#include "node/peers/node_services.h"

namespace tenon::node {

namespace events = observe::events;
using balance::StoreId;
using kv::NodeId;

namespace {

// A new planner waits so long at most for what the other nodes have to tell.
constexpr std::int64_t informed_ms_max = 10'000;
constexpr std::int64_t interval_ms_min = 1'000;
// A round takes a twentieth of the time at most.
constexpr std::int64_t rest_factor = 20;

StoreId store_of(std::string_view name) {
  for (const StoreId store : {StoreId::meta, StoreId::dist, StoreId::inbox, StoreId::retain})
    if (kv::to_string(store) == name) return store;
  return StoreId::meta;
}

balance::ReplicaFacts facts_of_replica(const store::RangeView& view) {
  balance::ReplicaFacts facts;
  facts.id = view.id;
  facts.leads = view.leads;
  facts.is_usable = !view.failed && !view.installing;
  facts.is_busy = !view.order.empty() || !view.descriptor.members.outgoing.empty();
  facts.term = view.term;
  facts.last_index = std::max(view.applied, view.committed);
  if (!view.leads) {
    facts.leader = view.leader;
    return facts;
  }
  facts.what = view.descriptor;
  facts.commands_per_s = view.commands_per_s;
  facts.bytes_per_s = view.bytes_per_s;
  facts.size_bytes = view.size_bytes;
  facts.fanout_key = view.largest_group.key;
  facts.fanout_count = view.largest_group.count;
  for (const auto& member : view.members)
    facts.lags.push_back(
        {member.node, facts.last_index - std::min(facts.last_index, member.match_index), member.needs_state});
  return facts;
}

std::vector<std::string> texts_of(const std::vector<NodeId>& nodes) {
  std::vector<std::string> texts;
  for (const NodeId node : nodes) texts.push_back(balance::describe(node));
  return texts;
}

// Empty: no order does that.
std::optional<admin::RangeOrder> order_of(const balance::Command& command) {
  using Action = admin::RangeOrder::Action;
  admin::RangeOrder order;
  order.range = command.range;
  order.epoch = {command.epoch.boundary, command.epoch.members};
  order.reason = command.reason;
  if (const auto* transfer = std::get_if<balance::Transfer>(&command.what)) {
    order.action = Action::transfer;
    order.node = balance::describe(transfer->to);
  } else if (const auto* split = std::get_if<balance::Split>(&command.what)) {
    order.action = Action::split;
    order.key = split->key;
    order.by_load = split->by_load && split->key.empty();
  } else if (const auto* members = std::get_if<balance::Members>(&command.what)) {
    order.action = Action::members;
    order.voters = texts_of(members->voters);
    order.learners = texts_of(members->learners);
  } else if (const auto* merge = std::get_if<balance::Merge>(&command.what)) {
    order.action = Action::merge;
    order.with = merge->other;
  } else if (const auto* recover = std::get_if<balance::Recover>(&command.what)) {
    order.action = Action::recover;
    order.by_silence = !recover->has_proof;
  } else {
    return std::nullopt;
  }
  return order;
}

std::string place_of(StoreId store, std::string_view balancer) {
  return std::string(kv::to_string(store)) + "/" + std::string(balancer);
}

}  // namespace

Planner::Planner(const World& world) : world_(world), self_{world.node_id}, builder_(self_) {}

Planner::~Planner() {
  stop();
}

Result<std::unique_ptr<Planner>> Planner::create(const World& world) {
  std::unique_ptr<Planner> planner(new Planner(world));
  auto thread = runtime::LoopThread::create("tenon-balance");
  if (!thread.ok()) return thread.error();
  planner->thread_ = std::move(thread).value();
  for (const auto& store : world.settings.stores)
    planner->wishes_[store_of(store.name)] = {store.voters, store.learners, store.initial_ranges};
  balance::ControllerPorts& ports = *planner;
  planner->controller_ = std::make_unique<balance::Controller>(std::vector<balance::BalancerSetup>(),
                                                               balance::PaceLimits{}, ports);
  planner->shown_ = planner->controller_->explain();
  return planner;
}

void Planner::set_balancers(std::vector<balance::BalancerSetup>&& balancers) {
  {
    const std::lock_guard lock(controlling_);
    controller_->set_balancers(std::move(balancers));
  }
  auto shown = explain();
  const std::lock_guard lock(shown_mutex_);
  shown_ = std::move(shown);
}

void Planner::stop() {
  if (thread_) thread_->stop();
}

void Planner::look(std::vector<store::RangeView>&& ranges) {
  thread_->loop().post(make_task([this, ranges = std::move(ranges)] { take_turn(ranges); }));
}

void Planner::on_link(NodeId node, bool is_up) {
  thread_->loop().post(make_task([this, node, is_up] { builder_.on_link(node, is_up, now_ms()); }));
}

void Planner::on_facts(NodeId from, std::string&& body) {
  thread_->loop().post(make_task([this, from, body = std::move(body)] {
    // One that does not hold together is as good as lost.
    if (auto facts = balance::read_facts(body)) builder_.on_facts(from, std::move(*facts), now_ms());
  }));
}

void Planner::on_dial_failed(NodeId node, bool refused) {
  thread_->loop().post(make_task([this, node, refused] { builder_.on_dial_failed(node, refused); }));
}

void Planner::on_order(const admin::OrderStatus& order) {
  thread_->loop().post(make_task([this, order] {
    const auto found = numbers_.find(order.id);
    if (found == numbers_.end()) return;
    const std::lock_guard lock(controlling_);
    controller_->ended(found->second, order.state == "done", order.state, order.detail, now_ms());
    numbers_.erase(found);
  }));
}

void Planner::set_marks(const NodeMarks& marks) {
  std::map<NodeId, balance::ViewBuilder::Mark> seen;
  for (const auto& [node, drain] : marks.drains) {
    seen[node].is_draining = true;
    seen[node].is_emptying = drain.gives_replicas;
  }
  for (const auto& [node, removed] : marks.removed) seen[node].is_removed = true;
  thread_->loop().post(
      make_task([this, seen = std::move(seen)]() mutable { builder_.set_marks(std::move(seen)); }));
}

void Planner::marks_known(std::uint64_t number) {
  thread_->loop().post(make_task([this, number] { marks_known_ = number; }));
}

balance::NodeFacts Planner::facts_of(const std::vector<store::RangeView>& ranges) const {
  balance::NodeFacts facts;
  facts.start_number = world_.start_number;
  facts.zone = world_.settings.node.zone;
  facts.attributes = world_.settings.node.attributes;
  facts.cores = std::max(1u, std::thread::hardware_concurrency());
  facts.stores =
      is_leaving_.load(std::memory_order_relaxed) ? 0 : services_of(world_.settings.services).stores;
  for (const store::RangeView& range : ranges)
    if (range.has_replica) facts.replicas.push_back(facts_of_replica(range));
  return facts;
}

void Planner::take_turn(const std::vector<store::RangeView>& ranges) {
  const std::int64_t now = now_ms();
  balance::NodeFacts facts = facts_of(ranges);
  const auto meta = std::find_if(ranges.begin(), ranges.end(), [](const store::RangeView& range) {
    return range.descriptor.store == StoreId::meta && range.descriptor.begin.empty();
  });
  const bool stands_in = meta != ranges.end() && this->stands_in(*meta);
  const bool leads = stands_in || (meta != ranges.end() && meta->leads);
  scope_ = stands_in ? balance::Controller::Scope::recoveries : balance::Controller::Scope::all;
  // Only who leads `meta` can ask it; who stands in goes by the rules that were known before.
  const bool plans_all = leads && !stands_in;
  if (!std::exchange(plans_all_, plans_all) && plans_all) {
    if (want_rules_) rules_wanted_ = want_rules_();
    if (want_marks_) marks_wanted_ = want_marks_();
  }
  set_planner(leads                                           ? self_
              : meta == ranges.end() || meta->leader == self_ ? NodeId::none
                                                              : meta->leader,
              now);
  // To all that may come to plan: who has no replica of `meta` does not know who leads it.
  if (meta != ranges.end() && send_)
    for (const NodeId voter : meta->descriptor.members.voters)
      if (voter != self_) send_(voter, balance::encode(facts));
  builder_.on_facts(self_, std::move(facts), now);
  if (planner_ == self_ && now >= next_plan_ms_ && !is_leaving_.load(std::memory_order_relaxed))
    plan(ranges, now);
  auto shown = explain();
  const std::lock_guard lock(shown_mutex_);
  shown_ = std::move(shown);
  shown_planner_ = planner_;
}

// Nobody leads `meta`, and may not for ever: of its voters that are there the first one plans what has to be
// done about that.
bool Planner::stands_in(const store::RangeView& meta) const {
  if (meta.leader != NodeId::none || !meta.has_replica || meta.failed || meta.installing) return false;
  const auto& voters = meta.descriptor.members.voters;
  const bool votes = std::find(voters.begin(), voters.end(), self_) != voters.end();
  return votes && std::none_of(voters.begin(), voters.end(),
                               [this](NodeId node) { return node < self_ && builder_.is_up(node); });
}

void Planner::set_planner(NodeId node, std::int64_t now) {
  if (std::exchange(planner_, node) == node) return;
  planner_since_ms_ = now;
  if (node == self_) builder_.forget_leaders();
  if (node != self_) {
    {
      const std::lock_guard lock(controlling_);
      controller_->stop();
    }
    numbers_.clear();
    const std::lock_guard lock(shown_mutex_);
    shown_view_.reset();
  }
  world_.log.write(events::balance_planner_changed,
                   node == NodeId::none ? "nobody is known to plan"
                   : node == self_      ? "this node plans"
                                        : "another node plans",
                   {{"planner", balance::describe(node)}});
}

// Without the rules the balancers are those of conf.d, some of which an operator may have switched off. Who
// plans for all knows the newest.
bool Planner::knows_wishes() const {
  const std::uint64_t rules = rules_known_.load(std::memory_order_acquire);
  if (want_rules_ && rules == 0) return false;
  return !plans_all_ || (rules >= rules_wanted_ && marks_known_ >= marks_wanted_);
}

// What there is to plan with is shown, also while nothing may be planned yet.
void Planner::plan(const std::vector<store::RangeView>& ranges, std::int64_t now) {
  if (!builder_.is_informed(now) && now < planner_since_ms_ + informed_ms_max) return;
  std::vector<balance::ViewBuilder::KnownRange> known;
  for (const store::RangeView& range : ranges) known.push_back({range.id, range.descriptor});
  balance::View view = builder_.build(known, wishes_, world_.random.next(), now);
  if (knows_wishes()) run_balancers(view, now);
  const std::lock_guard lock(shown_mutex_);
  shown_view_ = std::move(view);
}

void Planner::run_balancers(const balance::View& view, std::int64_t now) {
  const MonoNs begun = world_.clock.mono_ns();
  {
    const std::lock_guard lock(controlling_);
    controller_->plan(view, scope_);
  }
  const std::int64_t took_ns = world_.clock.mono_ns() - begun;
  round_ns_.store(took_ns, std::memory_order_relaxed);
  next_plan_ms_ = now + std::max(interval_ms_min / 2, rest_factor * took_ns / ns_per_ms);
}

void Planner::give(std::uint64_t number, const balance::Command& command, StoreId store,
                   std::string_view balancer) {
  auto order = order_of(command);
  std::string why = "no order of this version does that";
  if (order) {
    order->by = "balancer " + place_of(store, balancer);
    const auto given = world_.desk.give(*order);
    if (given.ok()) {
      numbers_[given->id] = number;
      return;
    }
    why = given.error().message;
  }
  thread_->loop().post(make_task([this, number, why] {
    const std::lock_guard lock(controlling_);
    controller_->ended(number, false, "refused", why, now_ms());
  }));
}

void Planner::refused(StoreId store, std::string_view balancer, const balance::Command& command,
                      const balance::Refused& refused) {
  world_.log.write(events::balance_command_refused, refused.text,
                   {{"balancer", place_of(store, balancer)},
                    {"range", command.range},
                    {"command", balance::describe(command)},
                    {"cause", balance::to_string(refused.why)}});
}

void Planner::failed(StoreId store, std::string_view balancer, const std::string& why) {
  world_.log.write(events::balance_plan_failed, why, {{"balancer", place_of(store, balancer)}});
}

balance::Explanation Planner::explain() const {
  const std::lock_guard lock(controlling_);
  return controller_->explain();
}

balance::Explanation Planner::explanation() const {
  const std::lock_guard lock(shown_mutex_);
  return shown_;
}

std::string Planner::planner() const {
  const std::lock_guard lock(shown_mutex_);
  return shown_planner_ == NodeId::none ? std::string() : balance::describe(shown_planner_);
}

std::optional<balance::View> Planner::view() const {
  const std::lock_guard lock(shown_mutex_);
  return shown_view_;
}

}  // namespace tenon::node
