#include "host/auth/auth_call.h"

#include <utility>

#include "host/auth/walk.h"
#include "host/instance.h"

namespace tenon::host {

AuthCall::AuthCall(Instance* instance, Ref<RequestMemory> memory, MonoNs deadline, Walk* walk)
    : instance_(instance),
      memory_(std::move(memory)),
      walk_(walk),
      seen_(instance->invalidations().count()),
      request_(memory_->request()) {
  request_.deadline_mono_ns = deadline;
  result_.struct_size = sizeof result_;
}

tenon_status AuthCall::ask(void* worker_context, tenon_op op) {
  return instance_->auth().authenticate(instance_->raw(), worker_context, &request_, op, &result_);
}

tenon_status AuthCall::cancel(void* worker_context, tenon_op op) {
  return instance_->auth().cancel(instance_->raw(), worker_context, op);
}

void AuthCall::on_completed(tenon_status status) noexcept {
  answer_ = status == TENON_OK ? read_answer(result_, *instance_, seen_) : failed_answer(*instance_, status);
}

void AuthCall::on_closed(tenon_status status, End end) {
  if (end == End::late) {
    if (status == TENON_OK) drop_answer(result_, *instance_);
    return;
  }
  if (walk_) walk_->take(std::move(*answer_));
}

}  // namespace tenon::host
