#include "host/op/pending_question.h"

#include <utility>

#include "base/executor.h"
#include "host/instance.h"
#include "host/watch/breadcrumb.h"

namespace tenon::host {

namespace {

void* context_of(const Instance& instance) {
  return instance.worker_context(instance.services().executor->current_worker());
}

tenon_status asked(Instance& instance, PluginQuestion& question, tenon_op op) {
  void* const context = context_of(instance);
  const PluginScope scope(instance.tag());
  try {
    return question.ask(context, op);
  } catch (...) {
    return TENON_E_EXCEPTION;
  }
}

}  // namespace

std::optional<PendingQuestion::Said> PendingQuestion::ask(Instance& instance,
                                                          std::unique_ptr<PluginQuestion> made) {
  PluginQuestion& question = *made;
  count(instance.mutable_stats().calls);
  const tenon_op op = instance.open_op(std::move(made));
  if (op == 0) return Said{TENON_E_BUSY, nullptr};
  const Clock& clock = *instance.services().clock;
  const MonoNs began = clock.mono_ns();
  const tenon_status status = asked(instance, question, op);
  if (clock.mono_ns() - began > instance.call_budget_ns()) count(instance.mutable_stats().slow);
  if (status != TENON_PENDING) {
    if (auto closed = instance.ops().close(op)) return Said{status, std::move(closed)};
    // It completed the token and returned another answer: the completion, which is on its way, stands.
    count(instance.mutable_stats().stale);
  }
  instance_ = &instance;
  question_ = &question;
  op_ = op;
  return std::nullopt;
}

void PendingQuestion::wait_until(MonoNs deadline, TimerFn on_deadline, void* user) {
  const HostServices& services = instance_->services();
  const MonoNs left = deadline - services.clock->mono_ns();
  timer_ = services.executor->current_reactor().start_timer(left > 0 ? left : 0, on_deadline, user);
  timer_runs_ = true;
}

void PendingQuestion::ended() {
  stop_timer();
  question_ = nullptr;
}

bool PendingQuestion::give_up_late() {
  timer_runs_ = false;
  return give_up();
}

void PendingQuestion::cancel() {
  stop_timer();
  if (question_ && !give_up()) question_->detach();
}

bool PendingQuestion::give_up() {
  if (!instance_->ops().abandon(op_)) return false;
  PluginQuestion& question = *std::exchange(question_, nullptr);
  question.detach();
  void* const context = context_of(*instance_);
  tenon_status status = TENON_PENDING;
  try {
    const PluginScope scope(instance_->tag());
    status = question.cancel(context, op_);
  } catch (...) {  // it may still hold on to the question: wait for its completion
  }
  if (status == TENON_OK) instance_->ops().close_abandoned(op_);
  return true;
}

void PendingQuestion::stop_timer() {
  if (!std::exchange(timer_runs_, false)) return;
  instance_->services().executor->current_reactor().cancel_timer(timer_);
}

}  // namespace tenon::host
