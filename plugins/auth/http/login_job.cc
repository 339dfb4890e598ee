#include "login_job.h"

#include <algorithm>
#include <exception>
#include <utility>

namespace tenon::auth_http {

void fill_answer(const HostServices& services, const Decision& decision, std::int64_t age_ns,
                 sdk::AuthAnswer answer) {
  switch (decision.result) {
    case Decision::Result::ignore:
      services.ignored_count.add();
      return answer.ignore();
    case Decision::Result::deny:
      services.denied_count.add();
      answer.audit("the service refused");
      return answer.deny();
    case Decision::Result::allow:
      break;
  }
  if (decision.valid_s) {
    constexpr std::uint64_t valid_s_max = 1'000'000'000;
    const auto age_ms = static_cast<std::uint64_t>(age_ns / 1'000'000);
    const std::uint64_t valid_ms = std::min(*decision.valid_s, valid_s_max) * 1000;
    if (valid_ms <= age_ms || !answer.limit_valid_ms(valid_ms - age_ms)) {
      services.denied_count.add();
      answer.audit("the login is not valid any more, or the broker can't end it in time");
      return answer.deny();
    }
  }
  services.allowed_count.add();
  if (!decision.username.empty()) answer.username(decision.username);
  if (!decision.tenant.empty()) answer.tenant(decision.tenant);
  answer.allow(decision.permissions);
}

std::shared_ptr<const Decision> LoginJob::ask(http::Exchange& exchange, std::string& ret_why) try {
  const Options& options = setup_->options;
  const auto answer = exchange.post(setup_->service, question_->body, deadline_);
  const char* why = nullptr;
  auto decision =
      read_decision(options, answer.status, answer.body, question_->username, question_->client_id, &why);
  if (!decision) {
    ret_why = why;
    return nullptr;
  }
  auto shared = std::make_shared<const Decision>(std::move(*decision));
  setup_->cache->put(question_->cache_key(), shared, services_.clock.mono_ns());
  return shared;
} catch (const std::exception& failure) {
  ret_why = failure.what();
  return nullptr;
}

// Null: nobody knows; the host then denies, or asks the next plugin.
void LoginJob::end(std::shared_ptr<const Decision> decision) {
  decision_ = std::move(decision);
  if (!moves(State::done)) return;
  if (!decision_) {
    services_.failed_count.add();
    (void)services_.async.complete(op_, TENON_E_IO);
    return;
  }
  fill_answer(services_, *decision_, 0, answer_);
  const tenon_permset* given = answer_.raw()->permset;
  // An answer that the host did not take leaves the reference here.
  if (!services_.async.complete(op_, TENON_OK) && given) sdk::PermissionSet::from(given)->release();
}

}  // namespace tenon::auth_http
