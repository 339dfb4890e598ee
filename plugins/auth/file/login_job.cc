#include "login_job.h"

#include <utility>

namespace tenon::auth_file {

void LoginJob::run() {
  if (!moves(State::queued, State::running)) return;
  sdk::OpHandle op(services_.async, login_.op);
  if (is_late()) {
    if (moves(State::running, State::done)) services_.busy_count.add();
    return op.finish(TENON_E_BUSY);
  }
  bool is_right = false;
  const tenon_status status = sdk::guarded(nullptr, [&] { is_right = verify(); });
  // Who comes back need not wait again.
  if (is_right && setup_->cache && login_.tag) setup_->cache->insert(*login_.tag, services_.clock.mono_ns());
  if (!moves(State::running, State::done)) return op.finish(TENON_E_CANCELLED);
  if (status != TENON_OK) return op.finish(status);
  answer(std::move(op), is_right);
}

// Where more logins come than can be checked, each would be checked just too late.
bool LoginJob::is_late() const {
  const std::int64_t deadline_ns = login_.request.deadline_mono_ns();
  return services_.clock.mono_ns() - made_ns_ >= (deadline_ns - made_ns_) / 2;
}

// The decoy makes a login with an unknown name cost what a known one does.
bool LoginJob::verify() const {
  const std::int64_t begin_ns = services_.clock.mono_ns();
  const Credential& credential = login_.user ? *login_.user->credential() : *setup_->realm->decoy();
  const bool fits = is_password(credential, login_.request.password().value_or(BytesView{}));
  services_.hash_seconds.observe(services_.clock.mono_ns() - begin_ns);
  return fits && login_.user != nullptr;
}

void LoginJob::answer(sdk::OpHandle op, bool is_right) {
  if (is_right) return allow(std::move(op));
  if (!login_.user && setup_->options.unknown_user == Options::UnknownUser::ignore) {
    services_.ignored_count.add();
    login_.answer.ignore();
  } else {
    services_.denied_count.add();
    login_.answer.deny();
    login_.answer.audit(login_.user ? "wrong password" : "unknown user");
  }
  op.finish(TENON_OK);
}

void LoginJob::allow(sdk::OpHandle op) {
  services_.allowed_count.add();
  auto permissions = setup_->realm->permissions_of(*login_.user, login_.request.username().value_or(""),
                                                   login_.request.client_id());
  const sdk::PermissionSet* given = permissions.get();
  login_.answer.allow(std::move(permissions));
  // An answer that the host did not take leaves the reference here.
  if (!services_.async.complete(op.release(), TENON_OK)) given->release();
}

tenon_status LoginJob::cancel() {
  if (moves(State::queued, State::cancelled)) return TENON_OK;
  moves(State::running, State::cancelled);
  return TENON_PENDING;
}

}  // namespace tenon::auth_file
