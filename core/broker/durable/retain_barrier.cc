#include "broker/durable/retain_barrier.h"

#include <utility>

#include "service/retain/retain_ops.h"

namespace tenon::broker {

namespace retain = service::retain;

namespace {

constexpr std::int64_t patience_ns = 2 * ns_per_s;

}  // namespace

void RetainBarrier::wait(Then then) {
  waiting_.push_back(std::move(then));
  if (!is_open_) begin();
}

void RetainBarrier::begin() {
  is_open_ = true;
  served_ = std::exchange(waiting_, {});
  ask({});
}

// One range after the other: where that ended that has answered, the next one begins.
void RetainBarrier::ask(const std::string& from) {
  service::BatchBuilder<retain::Question> question;
  question.add(retain::CountTopics{});
  store_.ask_for_here(store::StoreId::retain, from, question.take(), patience_ns,
                      [this, from](const store::Answer& answer) {
                        const bool goes_on = answer.code == store::AnswerCode::done && answer.end > from;
                        if (goes_on) return ask(answer.end);
                        end();
                      });
}

void RetainBarrier::end() {
  is_open_ = false;
  const std::vector<Then> served = std::exchange(served_, {});
  if (!waiting_.empty()) begin();
  for (const Then& then : served) then();
}

}  // namespace tenon::broker
