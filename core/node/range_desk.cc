#include "node/range_desk.h"

#include <algorithm>
#include <charconv>

#include "node/identity.h"
#include "service/dist/dist_key.h"

namespace tenon::node {

namespace events = observe::events;

namespace {

std::string text_of(kv::NodeId node) {
  return node == kv::NodeId::none ? std::string() : store::describe(node);
}

std::vector<std::string> texts_of(const std::vector<kv::NodeId>& nodes) {
  std::vector<std::string> texts;
  for (const kv::NodeId node : nodes) texts.push_back(text_of(node));
  return texts;
}

std::string_view role_of(const store::RangeView& view) {
  if (view.failed) return "failed";
  if (view.installing) return "installing";
  if (view.is_kept) return "kept";
  return view.leads ? "leader" : "member";
}

admin::RangeStatus::Replica replica_of(const store::RangeView& view) {
  admin::RangeStatus::Replica replica;
  replica.role = role_of(view);
  replica.term = view.term;
  replica.applied = view.applied;
  replica.committed = view.committed;
  replica.flushed = view.flushed;
  replica.memory_bytes = view.memory_bytes;
  replica.commands_per_s = view.commands_per_s;
  replica.bytes_per_s = view.bytes_per_s;
  replica.size_bytes = view.size_bytes;
  replica.quiescent = view.quiescent;
  replica.order = view.order;
  for (const auto& member : view.members) {
    const std::uint64_t last = std::max(view.applied, view.committed);
    replica.lags.emplace_back(text_of(member.node), last - std::min(last, member.match_index));
  }
  return replica;
}

admin::RangeStatus status_of(const store::RangeView& view) {
  const kv::Descriptor& descriptor = view.descriptor;
  admin::RangeStatus status;
  status.id = view.id.number;
  status.incarnation = view.id.incarnation;
  status.store = kv::to_string(descriptor.store);
  status.begin = descriptor.begin;
  status.end = descriptor.end;
  status.boundary_epoch = descriptor.epoch.boundary;
  status.members_epoch = descriptor.epoch.members;
  status.leader = text_of(view.leader);
  status.voters = texts_of(descriptor.members.voters);
  status.outgoing = texts_of(descriptor.members.outgoing);
  status.learners = texts_of(descriptor.members.learners);
  status.is_provisional = view.is_provisional;
  status.missing = texts_of(view.missing);
  if (view.has_replica) status.replica = replica_of(view);
  return status;
}

Result<kv::NodeId> read_node(const std::string& text) {
  std::uint64_t node = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), node, 16);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size() || text.size() != 16 || node == 0)
    return Error{Errc::invalid, "\"" + text + "\" is no node: an id has sixteen hexadecimal digits"};
  return kv::NodeId{node};
}

Result<std::vector<kv::NodeId>> read_nodes(const std::vector<std::string>& texts) {
  std::vector<kv::NodeId> nodes;
  for (const std::string& text : texts) {
    const auto node = read_node(text);
    if (!node.ok()) return node.error();
    nodes.push_back(*node);
  }
  return nodes;
}

std::string_view state_of(store::AnswerCode code) {
  switch (code) {
    case store::AnswerCode::done:
      return "done";
    case store::AnswerCode::stale:
      return "stale";
    case store::AnswerCode::timed_out:
      return "timed_out";
    default:
      return "refused";
  }
}

std::string detail_of(const store::Answer& answer) {
  if (!answer.text.empty()) return answer.text;
  switch (answer.code) {
    case store::AnswerCode::done:
      return "done";
    case store::AnswerCode::timed_out:
      return "no leader of the range answered in time; the order may still be carried out";
    case store::AnswerCode::unsupported:
      return "the node that leads the range, or another one, is of an older version";
    default:
      return "the range refused it";
  }
}

// Commits wait for so long at most.
constexpr std::int64_t survey_ns = ns_per_ms / 2;

// How often an order is given again when only members have changed meanwhile.
constexpr int attempts_max = 10;

}  // namespace

std::size_t RangeDesk::group_of(kv::StoreId store, std::string_view key) {
  return store == kv::StoreId::dist ? service::dist::filter_prefix_size(key) : 0;
}

std::vector<store::RangeView> RangeDesk::refresh(const store::Keeper& keeper) {
  auto views = store::list_ranges(keeper, sizes_);
  const std::lock_guard lock(mutex_);
  views_ = views;
  return views;
}

bool RangeDesk::survey(const store::Keeper& keeper, const Clock& clock) {
  std::vector<kv::RangeId> led;
  keeper.replicas().each([&](const store::Replica& replica) {
    if (replica.leads()) led.push_back(replica.id());
  });
  std::sort(led.begin(), led.end());
  sizes_.keep(led);
  // From the one on that time did not suffice for.
  std::rotate(led.begin(), std::lower_bound(led.begin(), led.end(), surveyed_), led.end());
  const MonoNs until_ns = clock.mono_ns() + survey_ns;
  for (const kv::RangeId& id : led) {
    const store::Replica* replica = keeper.replicas().find(id);
    for (bool goes_on = replica != nullptr; goes_on;) {
      const MonoNs now_ns = clock.mono_ns();
      if (now_ns >= until_ns) {
        surveyed_ = id;
        return true;
      }
      // What can't be read shows where it is read for a purpose.
      const auto left = sizes_.step(replica->range(), now_ns);
      goes_on = left.ok() && *left;
    }
  }
  return false;
}

void RangeDesk::read_digest(std::uint64_t range,
                            std::function<void(Result<admin::RangeDigest>&& digest)> done) {
  auto walk = std::make_shared<DigestWalk>();
  {
    const std::lock_guard lock(mutex_);
    const auto view = std::find_if(views_.begin(), views_.end(), [&](const store::RangeView& one) {
      return one.id.number == range && one.has_replica;
    });
    if (view == views_.end()) return done(Error{Errc::not_found, "this node has no replica of that range"});
    walk->range = view->id;
  }
  if (is_digesting_.exchange(true)) return done(Error{Errc::busy, "another digest is being made"});
  walk->done = std::move(done);
  go_on(std::move(walk));
}

// Everything else has its turn between two steps.
void RangeDesk::go_on(std::shared_ptr<DigestWalk> walk) {
  store_->run([this, walk = std::move(walk)](store::Keeper& keeper) mutable {
    const Result<bool> left = step_digest(keeper, *walk);
    if (left.ok() && *left) return go_on(std::move(walk));
    is_digesting_ = false;
    if (!left.ok()) return walk->done(left.error());
    walk->done(admin::RangeDigest{walk->range.number, walk->range.incarnation, walk->state.applied(),
                                  walk->state.value()});
  });
}

Result<bool> RangeDesk::step_digest(const store::Keeper& keeper, DigestWalk& walk) {
  const store::Replica* replica = keeper.replicas().find(walk.range);
  if (replica == nullptr) return Error{Errc::not_found, "this node has no replica of that range"};
  if (replica->installing() || replica->failed() || replica->is_blank())
    return Error{Errc::busy, "the replica holds no state that is whole"};
  return walk.state.step(replica->range());
}

std::vector<admin::RangeStatus> RangeDesk::ranges() const {
  const std::lock_guard lock(mutex_);
  std::vector<admin::RangeStatus> list;
  for (const store::RangeView& view : views_) list.push_back(status_of(view));
  return list;
}

// Behind the range, or the one that was named; whether the two can be merged, the ranges say themselves.
Result<store::MergeRanges> RangeDesk::neighbour_of(const store::RangeView& range, std::uint64_t with) const {
  for (const store::RangeView& view : views_) {
    const bool is_next = !range.descriptor.end.empty() && view.descriptor.store == range.descriptor.store &&
                         view.descriptor.begin == range.descriptor.end;
    if (with == 0 ? is_next : view.id.number == with)
      return store::MergeRanges{view.id, view.descriptor.epoch};
  }
  if (with == 0) return Error{Errc::not_found, "no range is known that begins where this one ends"};
  return Error{Errc::not_found, "there is no range " + std::to_string(with) + " that this node knows"};
}

Result<const store::RangeView*> RangeDesk::view_of(const admin::RangeOrder& order) const {
  for (const store::RangeView& view : views_)
    if (view.id.number == order.range) return &view;
  return Error{Errc::not_found, "there is no range " + std::to_string(order.range) +
                                    " that this node knows; GET /api/v1/ranges lists them"};
}

Result<store::Order> RangeDesk::to_order(const admin::RangeOrder& order) {
  const auto view = view_of(order);
  if (!view.ok()) return view.error();
  const store::RangeView* found = *view;
  store::Order to;
  to.id = random_.next();
  to.range = found->id;
  to.expected = found->descriptor.epoch;
  if (order.epoch) to.expected = {order.epoch->first, order.epoch->second};
  to.reason = order.reason;
  switch (order.action) {
    case admin::RangeOrder::Action::transfer: {
      const auto node = read_node(order.node);
      if (!node.ok()) return node.error();
      to.what = store::TransferLeader{*node};
      break;
    }
    case admin::RangeOrder::Action::split:
      to.what = store::SplitRange{order.key, order.by_load};
      break;
    case admin::RangeOrder::Action::merge: {
      const auto right = neighbour_of(*found, order.with);
      if (!right.ok()) return right.error();
      to.what = *right;
      break;
    }
    case admin::RangeOrder::Action::recover:
      return Error{Errc::internal, "a recovery is no order to the leader of a range"};
    case admin::RangeOrder::Action::members: {
      auto voters = read_nodes(order.voters);
      auto learners = read_nodes(order.learners);
      if (!voters.ok()) return voters.error();
      if (!learners.ok()) return learners.error();
      to.what = store::ChangeMembers{std::move(voters).value(), std::move(learners).value()};
      break;
    }
  }
  return to;
}

Result<admin::OrderStatus> RangeDesk::give(const admin::RangeOrder& order) {
  admin::OrderStatus status;
  {
    const std::lock_guard lock(mutex_);
    if (running_.size() >= orders_running_max)
      return Error{Errc::busy, "too many orders are running at this node; later"};
    status.id = last_order_ + 1;
    status.range = order.range;
    status.reason = order.reason;
    status.state = "running";
    const bool recovers = order.action == admin::RangeOrder::Action::recover;
    if (Status begun = recovers ? begin_recovery(order, status) : begin(order, status); !begun.ok())
      return begun.error();
    ++last_order_;
    orders_.emplace(status.id, status);
    forget_old();
  }
  log_.write(events::api_order_given, status.action,
             {{"order", status.id}, {"range", status.range}, {"reason", status.reason}, {"by", order.by}});
  return status;
}

Status RangeDesk::begin(const admin::RangeOrder& order, admin::OrderStatus& status) {
  auto made = to_order(order);
  if (!made.ok()) return made.error();
  status.action = store::describe(*made);
  running_.emplace(status.id, Running{*made, !order.epoch.has_value(), 1});
  store_->order(status.id, *made);
  return {};
}

// There is no leader to bring it to.
Status RangeDesk::begin_recovery(const admin::RangeOrder& order, admin::OrderStatus& status) {
  const auto view = view_of(order);
  if (!view.ok()) return view.error();
  const kv::Epoch& now = (*view)->descriptor.epoch;
  if (order.epoch && kv::Epoch{order.epoch->first, order.epoch->second} != now)
    return Error{Errc::invalid, "the range has the epoch " + store::describe(now)};
  status.action = order.by_silence ? "recover by silence" : "recover";
  running_.emplace(status.id, Running{});
  store_->recover(status.id, {(*view)->id, random_.next(), order.by_silence});
  return {};
}

// Those that run are kept.
void RangeDesk::forget_old() {
  for (auto order = orders_.begin(); order != orders_.end() && orders_.size() > orders_kept;)
    order = order->second.state == "running" ? std::next(order) : orders_.erase(order);
}

// The members of a range change without anybody's doing, as when it has its first leader. Who has not said
// which ones he means does not care; the boundary must be as he saw it.
bool RangeDesk::give_again(const store::Keeper& keeper, std::uint64_t number) {
  const auto found = running_.find(number);
  if (found == running_.end()) return false;
  Running& running = found->second;
  const kv::Descriptor* now = keeper.ranges().descriptor(running.order.range);
  if (!running.any_members || running.attempts == attempts_max || !now ||
      now->epoch.boundary != running.order.expected.boundary)
    return false;
  ++running.attempts;
  running.order.expected.members = now->epoch.members;
  store_->order(number, running.order);
  return true;
}

void RangeDesk::order_finished(const store::Keeper& keeper, std::uint64_t number,
                               const store::Answer& answer) {
  admin::OrderStatus status;
  {
    const std::lock_guard lock(mutex_);
    if (answer.code == store::AnswerCode::stale && give_again(keeper, number)) return;
    const auto found = orders_.find(number);
    if (found == orders_.end()) return;
    running_.erase(number);
    found->second.state = state_of(answer.code);
    found->second.detail = detail_of(answer);
    status = found->second;
  }
  log_.write(
      events::api_order_ended, status.detail,
      {{"order", status.id}, {"range", status.range}, {"action", status.action}, {"state", status.state}});
  if (on_ended_) on_ended_(status);
}

std::optional<admin::OrderStatus> RangeDesk::order(std::uint64_t id) const {
  const std::lock_guard lock(mutex_);
  const auto found = orders_.find(id);
  return found == orders_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace tenon::node
