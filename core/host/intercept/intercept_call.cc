#include "host/intercept/intercept_call.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text/utf8.h"
#include "host/instance.h"
#include "host/intercept/intercept_walk.h"
#include "host/status_name.h"
#include "host/tables/host_tables.h"

namespace tenon::host {

namespace {

constexpr std::size_t reason_bytes_max = 1024;

// Of PUBACK and PUBREC, those by which a message can be refused.
constexpr std::array<std::uint32_t, 6> refusal_codes{0x80, 0x83, 0x87, 0x90, 0x97, 0x99};

InterceptAnswer nonsense(const Instance& instance, const std::string& what) {
  InterceptAnswer answer;
  answer.why = "the interceptor \"" + instance.name() + "\" gave an answer that can't be used: " + what;
  return answer;
}

InterceptAnswer read_refusal(const tenon_intercept_result& result, const Instance& instance) {
  InterceptAnswer answer;
  answer.kind = InterceptAnswer::Kind::refuse;
  if (std::ranges::find(refusal_codes, result.reason_code) != refusal_codes.end())
    answer.reason_code = static_cast<std::uint8_t>(result.reason_code);
  const tenon_bytes reason = result.reason;
  if (reason.len == 0) {
    answer.why = "the interceptor \"" + instance.name() + "\" refused it";
    return answer;
  }
  if (!reason.data || reason.len > reason_bytes_max || !is_well_formed_text(view_of(reason)))
    return nonsense(instance, "its reason is no text, or too long");
  answer.why = view_of(reason);
  return answer;
}

}  // namespace

InterceptAnswer InterceptAnswer::failure(const Instance& instance, tenon_status status) {
  InterceptAnswer answer;
  answer.why = "the interceptor \"" + instance.name() + "\" " +
               (status == TENON_E_TIMEOUT ? "gave no answer before the deadline"
                                          : "failed with " + status_name(status));
  return answer;
}

InterceptCall::InterceptCall(Instance& instance, std::shared_ptr<const InterceptRequest> request,
                             MonoNs deadline, InterceptWalk& walk)
    : instance_(instance),
      request_(std::move(request)),
      walk_(&walk),
      message_(request_->raw()),
      change_(message_) {
  message_.deadline_mono_ns = deadline;
  result_.struct_size = sizeof result_;
  result_.change = change_.raw();
}

tenon_status InterceptCall::ask(void* worker_context, tenon_op op) {
  return instance_.intercept().intercept(instance_.raw(), worker_context, &message_, op, &result_);
}

tenon_status InterceptCall::cancel(void* worker_context, tenon_op op) {
  return instance_.intercept().cancel(instance_.raw(), worker_context, op);
}

InterceptAnswer InterceptCall::read() const {
  InterceptAnswer answer;
  switch (result_.decision) {
    case TENON_INTERCEPT_PASS:
      answer.kind = InterceptAnswer::Kind::pass;
      return answer;
    case TENON_INTERCEPT_REFUSE:
      return read_refusal(result_, instance_);
    case TENON_INTERCEPT_DROP:
      answer.kind = InterceptAnswer::Kind::drop;
      return answer;
    case TENON_INTERCEPT_REPLACE:
      answer.kind = change_.change().is_none() ? InterceptAnswer::Kind::pass : InterceptAnswer::Kind::replace;
      answer.change = change_.change();
      return answer;
    default:
      return nonsense(instance_, "decision " + std::to_string(result_.decision));
  }
}

void InterceptCall::on_completed(tenon_status status) noexcept {
  answer_ = status == TENON_OK ? read() : InterceptAnswer::failure(instance_, status);
}

void InterceptCall::on_closed(tenon_status, End end) {
  if (end == End::in_time && walk_) walk_->take(std::move(*answer_));
}

}  // namespace tenon::host
