#include "host/auth/walk.h"

#include <memory>
#include <utility>

#include "base/assert.h"
#include "base/clock.h"
#include "host/auth/auth_call.h"
#include "host/instance.h"

namespace tenon::host {
namespace {

constexpr std::uint8_t bad_user_name_or_password = 0x86;
constexpr std::uint8_t not_authorized = 0x87;
constexpr std::uint8_t bad_authentication_method = 0x8C;

}  // namespace

Walk::Walk(WalkOwner* owner, std::span<const AuthLink> links, AuthTicket ticket, const AuthRequest& request,
           MonoNs deadline, AuthChain::Callback done)
    : owner_(owner),
      links_(links),
      ticket_(ticket),
      memory_(RequestMemory::make(request)),
      deadline_(deadline),
      done_(std::move(done)),
      at_(request.step == AuthStep::connect ? 0 : request.continuation.link),
      continues_(request.step != AuthStep::connect),
      has_method_(!request.auth_method.empty()),
      anonymous_allowed_((request.username_proved || (request.anonymous_allowed && !request.username)) &&
                         !has_method_ && !continues_),
      has_name_(request.username.has_value()) {}

Walk::~Walk() = default;

void Walk::start() {
  run();
}

void Walk::take(Answer answer) {
  pending_.ended();
  if (judge(std::move(answer)) == Next::go_on) run();
}

void Walk::run() {
  while (at_ < links_.size())
    if (ask(*links_[at_].instance) != Next::go_on) return;
  finish(end_of_chain());
}

Walk::Next Walk::ask(Instance& instance) {
  const MonoNs deadline = call_deadline();
  auto made = std::make_unique<AuthCall>(&instance, memory_, deadline, this);
  AuthCall& call = *made;
  const auto said = pending_.ask(instance, std::move(made));
  if (!said) {
    pending_.wait_until(deadline, on_deadline, this);
    return Next::wait;
  }
  return judge(said->status == TENON_OK ? call.read() : failed_answer(instance, said->status));
}

Walk::Next Walk::judge(Answer answer) {
  Instance& instance = *links_[at_].instance;
  if (answer.kind == Answer::Kind::ignored && continues_) {
    // The client authenticates with this plugin: nobody else can judge what it sends.
    answer.kind = Answer::Kind::failed;
    answer.outcome.reason_code = not_authorized;
    answer.outcome.why =
        "auth plugin \"" + instance.name() + "\" ignored what continues an authentication of its own";
  }
  if (answer.kind == Answer::Kind::failed) {
    count(instance.mutable_stats().errors);
    if (links_[at_].on_error == OnAuthError::next && !continues_) {
      answer.kind = Answer::Kind::ignored;
      failure_ = std::move(answer.outcome);
    }
  }
  if (answer.kind == Answer::Kind::ignored) {
    ++at_;
    return Next::go_on;
  }
  finish(std::move(answer.outcome));
  return Next::finished;
}

AuthOutcome Walk::end_of_chain() {
  // Who fails might have denied, which would have counted more than a proved name, or than none.
  if (anonymous_allowed_ && failure_) return std::move(*failure_);
  AuthOutcome outcome;
  if (anonymous_allowed_) {
    outcome.decision = AuthDecision::allow;
    return outcome;
  }
  outcome.why = continues_    ? "there is no such authentication under way"
                : has_method_ ? "no auth plugin knows the authentication method"
                              : "no auth plugin knows the client";
  outcome.reason_code = has_method_ && !continues_ ? bad_authentication_method : 0;  // [MQTT-4.12.0-1]
  return outcome;
}

// `this` may be gone when forget() has returned.
void Walk::finish(AuthOutcome outcome) {
  if (outcome.decision == AuthDecision::deny && outcome.reason_code == 0)
    outcome.reason_code = has_name_ ? bad_user_name_or_password : not_authorized;
  outcome.continuation.link = static_cast<std::uint32_t>(at_);
  AuthChain::Callback done = std::move(done_);
  owner_->forget(ticket_);
  done(std::move(outcome));
}

// A plugin whose failure is not the end gets a share of the time, so that the next ones have some left.
MonoNs Walk::call_deadline() const {
  if (links_[at_].on_error == OnAuthError::deny || continues_) return deadline_;
  const MonoNs now = links_[at_].instance->services().clock->mono_ns();
  return now + (deadline_ - now) / static_cast<MonoNs>(links_.size() - at_);
}

void Walk::on_deadline(void* user) {
  Walk& walk = *static_cast<Walk*>(user);
  if (!walk.pending_.give_up_late()) return;
  Instance& instance = *walk.links_[walk.at_].instance;
  count(instance.mutable_stats().timeouts);
  if (walk.judge(failed_answer(instance, TENON_E_TIMEOUT)) == Next::go_on) walk.run();
}

void Walk::cancel() {
  pending_.cancel();
}

}  // namespace tenon::host
