#include "check_job.h"

#include <openssl/crypto.h>

#include <string>
#include <utility>

namespace tenon::auth_jwt {

CheckJob::~CheckJob() {
  for (std::string* text : {&token_.signing_input, &token_.signature, &token_.payload})
    OPENSSL_cleanse(text->data(), text->size());
}

void CheckJob::run() {
  if (has_ended()) return;
  const tenon_status status =
      sdk::guarded(nullptr, [&] { result_ = setup_->judge(token_, client_id_, services_.now_ms()); });
  if (!moves(State::done)) return;
  if (status != TENON_OK) {
    (void)services_.async.complete(op_, status);
    return;
  }
  const sdk::PermissionSet* given = result_.login.permissions.get();
  fill_answer(services_, result_, answer_);
  const bool is_handed_over = given && !result_.login.permissions;
  // An answer that the host did not take leaves the reference here.
  if (!services_.async.complete(op_, TENON_OK) && is_handed_over) given->release();
}

void fill_answer(const HostServices& services, LoginResult& result, sdk::AuthAnswer answer) {
  if (result.why) {
    services.denied_count.add();
    answer.deny();
    return answer.audit(result.why);
  }
  services.allowed_count.add();
  Login& login = result.login;
  if (login.valid_ms && !answer.limit_valid_ms(*login.valid_ms)) {
    // This host can't end the link when the token has expired.
    answer.deny();
    return answer.audit("the broker is too old to end a link in time");
  }
  answer.username(login.username);
  answer.allow(std::move(login.permissions));
}

}  // namespace tenon::auth_jwt
