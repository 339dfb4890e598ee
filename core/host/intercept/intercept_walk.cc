#include "host/intercept/intercept_walk.h"

#include <bit>
#include <utility>

#include "base/executor.h"
#include "host/instance.h"

namespace tenon::host {

InterceptWalk::InterceptWalk(InterceptWalkOwner& owner, const InterceptLinks& links,
                             InterceptChain::Chosen chosen, const InterceptedMessage& message)
    : owner_(owner),
      links_(links),
      chosen_(chosen),
      request_(std::make_shared<const InterceptRequest>(message, MessageChange{})) {}

std::optional<InterceptOutcome> InterceptWalk::run() {
  while (chosen_ != 0) {
    place_ = static_cast<std::size_t>(std::countr_zero(chosen_));
    auto answer = ask();
    if (!answer) return std::nullopt;
    if (auto outcome = judge(std::move(*answer))) return outcome;
  }
  if (change_.is_none()) return InterceptOutcome{};
  InterceptOutcome outcome = outcome_of(replaced_at_);
  outcome.change = std::move(change_);
  return outcome;
}

InterceptOutcome InterceptWalk::outcome_of(std::size_t place) const {
  InterceptOutcome outcome;
  outcome.plugin = links_[place]->instance.name();
  outcome.place = place;
  return outcome;
}

void InterceptWalk::wait_by(InterceptTicket ticket, InterceptChain::Then then) {
  ticket_ = ticket;
  then_ = std::move(then);
}

std::optional<InterceptAnswer> InterceptWalk::ask() {
  InterceptLink& asked = link();
  Instance& instance = asked.instance;
  const Clock& clock = *instance.services().clock;
  const MonoNs began = clock.mono_ns();
  const MonoNs deadline = began + asked.timeout_ns.load(std::memory_order_relaxed);
  auto made = std::make_unique<InterceptCall>(instance, request_, deadline, *this);
  InterceptCall& call = *made;
  count(asked.asked);
  count(instance.mutable_stats().calls);
  const tenon_op op = instance.open_op(std::move(made));
  if (op == 0) return InterceptAnswer::failure(instance, TENON_E_BUSY);
  const tenon_status status = call.intercept(op);
  if (clock.mono_ns() - began > instance.call_budget_ns()) count(instance.mutable_stats().slow);
  if (status == TENON_PENDING) {
    wait_for(call, op, deadline);
    return std::nullopt;
  }
  const auto closed = instance.ops().close(op);
  if (!closed) {  // it completed the token and returned another answer: the completion, which is on its way,
                  // stands
    count(instance.mutable_stats().stale);
    wait_for(call, op, deadline);
    return std::nullopt;
  }
  return status == TENON_OK ? call.read() : InterceptAnswer::failure(instance, status);
}

std::optional<InterceptOutcome> InterceptWalk::judge(InterceptAnswer&& answer) {
  chosen_ &= chosen_ - 1;
  InterceptLink& asked = link();
  switch (answer.kind) {
    case InterceptAnswer::Kind::pass:
      return std::nullopt;
    case InterceptAnswer::Kind::replace:
      count(asked.replaced);
      replace(std::move(answer.change));
      return std::nullopt;
    case InterceptAnswer::Kind::refuse:
      count(asked.refused);
      return refuse(std::move(answer));
    case InterceptAnswer::Kind::drop: {
      count(asked.dropped);
      InterceptOutcome outcome = outcome_of(place_);
      outcome.decision = InterceptOutcome::Decision::drop;
      return outcome;
    }
    case InterceptAnswer::Kind::failed:
      break;
  }
  count(asked.failed);
  count(asked.instance.mutable_stats().errors);
  if (asked.on_error.load(std::memory_order_relaxed) == OnInterceptError::allow) return std::nullopt;
  InterceptOutcome outcome = refuse(std::move(answer));
  outcome.is_failure = true;
  return outcome;
}

InterceptOutcome InterceptWalk::refuse(InterceptAnswer&& answer) {
  InterceptOutcome outcome = outcome_of(place_);
  outcome.decision = InterceptOutcome::Decision::refuse;
  outcome.reason_code = answer.reason_code;
  outcome.why = std::move(answer.why);
  return outcome;
}

void InterceptWalk::replace(MessageChange&& change) {
  // Whoever is asked next sees it so; nobody else does.
  if (chosen_ != 0) request_ = request_->with(change);
  replaced_at_ = place_;
  if (change.topic) change_.topic = std::move(change.topic);
  if (change.payload) change_.payload = std::move(change.payload);
  if (change.user_properties) change_.user_properties = std::move(change.user_properties);
}

void InterceptWalk::take(InterceptAnswer answer) {
  stop_timer();
  pending_ = nullptr;
  if (auto outcome = judge(std::move(answer))) return finish(std::move(*outcome));
  go_on();
}

void InterceptWalk::go_on() {
  if (auto outcome = run()) finish(std::move(*outcome));
}

// `this` is gone when forget() has returned.
void InterceptWalk::finish(InterceptOutcome&& outcome) {
  const InterceptChain::Then then = std::move(then_);
  owner_.forget(ticket_);
  then(std::move(outcome));
}

void InterceptWalk::wait_for(InterceptCall& call, tenon_op op, MonoNs deadline) {
  pending_ = &call;
  pending_op_ = op;
  const HostServices& services = link().instance.services();
  const MonoNs left = deadline - services.clock->mono_ns();
  timer_ = services.executor->current_reactor().start_timer(left > 0 ? left : 0, on_deadline, this);
  timer_runs_ = true;
}

void InterceptWalk::stop_timer() {
  if (!std::exchange(timer_runs_, false)) return;
  link().instance.services().executor->current_reactor().cancel_timer(timer_);
}

// Lets go of the pending call and tells the plugin. False: it is completed already, and its end is on its
// way.
bool InterceptWalk::give_up() {
  Instance& instance = link().instance;
  if (!instance.ops().abandon(pending_op_)) return false;
  std::exchange(pending_, nullptr)->detach();
  void* context = instance.worker_context(instance.services().executor->current_worker());
  tenon_status status = TENON_PENDING;
  try {
    const PluginScope scope(instance.tag());
    status = instance.intercept().cancel(instance.raw(), context, pending_op_);
  } catch (...) {  // it may still hold the message: wait for its completion
  }
  if (status == TENON_OK) instance.ops().close_abandoned(pending_op_);
  return true;
}

void InterceptWalk::on_deadline(void* user) {
  InterceptWalk& walk = *static_cast<InterceptWalk*>(user);
  walk.timer_runs_ = false;
  Instance& instance = walk.link().instance;
  if (!walk.give_up()) return;
  count(instance.mutable_stats().timeouts);
  if (auto outcome = walk.judge(InterceptAnswer::failure(instance, TENON_E_TIMEOUT)))
    return walk.finish(std::move(*outcome));
  walk.go_on();
}

void InterceptWalk::cancel() {
  stop_timer();
  if (pending_ && !give_up()) pending_->detach();
}

}  // namespace tenon::host
