#include "host/intercept/intercept_walk.h"

#include <bit>
#include <utility>

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
  const MonoNs deadline =
      instance.services().clock->mono_ns() + asked.timeout_ns.load(std::memory_order_relaxed);
  auto made = std::make_unique<InterceptCall>(instance, request_, deadline, *this);
  InterceptCall& call = *made;
  count(asked.asked);
  const auto said = pending_.ask(instance, std::move(made));
  if (!said) {
    pending_.wait_until(deadline, on_deadline, this);
    return std::nullopt;
  }
  return said->status == TENON_OK ? call.read() : InterceptAnswer::failure(instance, said->status);
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
  pending_.ended();
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

void InterceptWalk::on_deadline(void* user) {
  InterceptWalk& walk = *static_cast<InterceptWalk*>(user);
  if (!walk.pending_.give_up_late()) return;
  Instance& instance = walk.link().instance;
  count(instance.mutable_stats().timeouts);
  if (auto outcome = walk.judge(InterceptAnswer::failure(instance, TENON_E_TIMEOUT)))
    return walk.finish(std::move(*outcome));
  walk.go_on();
}

void InterceptWalk::cancel() {
  pending_.cancel();
}

}  // namespace tenon::host
