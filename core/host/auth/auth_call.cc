#include "host/auth/auth_call.h"

#include <utility>

#include "base/executor.h"
#include "host/auth/walk.h"
#include "host/instance.h"

namespace tenon::host {

AuthCall::AuthCall(Instance* instance, Ref<RequestMemory> memory, Walk* walk)
    : instance_(instance),
      memory_(std::move(memory)),
      walk_(walk),
      seen_(instance->invalidations().count()),
      request_(memory_->request()) {
  result_.struct_size = sizeof result_;
}

tenon_status AuthCall::authenticate(tenon_op op) {
  void* context = instance_->worker_context(instance_->services().executor->current_worker());
  const PluginScope scope(instance_->tag());
  try {
    return instance_->auth().authenticate(instance_->raw(), context, &request_, op, &result_);
  } catch (...) {
    return TENON_E_EXCEPTION;
  }
}

void AuthCall::on_completed(tenon_status status) noexcept {
  answer_ = status == TENON_OK ? read_answer(result_, *instance_, seen_) : failed_answer(*instance_, status);
}

void AuthCall::on_closed(tenon_status status, End end) {
  if (end == End::late) {
    // Nobody takes the answer, but a reference to a permission set must not be lost.
    if (status == TENON_OK && result_.permset) (void)read_answer(result_, *instance_, seen_);
    return;
  }
  if (walk_) walk_->take(std::move(*answer_));
}

}  // namespace tenon::host
