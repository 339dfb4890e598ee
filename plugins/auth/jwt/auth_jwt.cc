#include "auth_jwt.h"

#include <algorithm>
#include <utility>

namespace tenon::auth_jwt {

void AuthJwt::init() {
  services_.async = sdk::Async(host());
  services_.clock = sdk::Clock(host());
  pool_ = sdk::Pool(host());
  auth_host_ = sdk::AuthHost(host());
  health_ = sdk::Health(host());
  declare_metrics();
  LoadWarnings warnings;
  auto setup = load_setup(read_options(config()), &warnings);
  warn(setup->options, warnings);
  publish(std::move(setup));
}

void AuthJwt::declare_metrics() {
  const auto decisions = [this](std::string_view result) {
    return metrics().counter("decisions_total", "Logins that were decided here, by result.",
                             {{sdk::abi("result"), sdk::abi(result)}});
  };
  services_.allowed_count = decisions("allowed");
  services_.denied_count = decisions("denied");
  services_.ignored_count = decisions("ignored");
  services_.busy_count =
      metrics().counter("busy_total", "Logins refused because the pool had no room for a signature.");
  keys_count_ = metrics().gauge("keys", "Keys that tokens are checked with.");
}

void AuthJwt::warn(const Options& options, const LoadWarnings& warnings) const {
  if (warnings.secret_readable_by_others)
    log().warn("auth_jwt.secret_file_open", "everybody on this machine may read the secret; chmod o-r it",
               {{"file", options.secret_file}});
  if (warnings.keys_skipped > 0)
    log().warn("auth_jwt.keys_skipped", "some keys are of a kind, use or algorithm that does not serve here",
               {{"file", options.jwks_file}, {"keys", std::to_string(warnings.keys_skipped)}});
}

void AuthJwt::publish(std::shared_ptr<const Setup> setup) {
  keys_count_.set(static_cast<std::int64_t>(setup->keys.size()));
  setup_.put(std::move(setup));
}

tenon_status AuthJwt::reconfigure() try {
  LoadWarnings warnings;
  auto setup = load_setup(read_options(config()), &warnings);
  warn(setup->options, warnings);
  publish(std::move(setup));
  auth_host_.invalidate_all();
  if (std::exchange(is_degraded_, false)) health_.ok();
  return TENON_OK;
} catch (const sdk::Failure& failure) {
  is_degraded_ = true;
  health_.degraded(std::string("the keys are those of the last good reload: ") + failure.what());
  throw;
}

tenon_status AuthJwt::ignore(sdk::AuthAnswer answer) const {
  services_.ignored_count.add();
  answer.ignore();
  return TENON_OK;
}

tenon_status AuthJwt::deny(sdk::AuthAnswer answer, const char* audit) const {
  services_.denied_count.add();
  answer.deny();
  answer.audit(audit);
  return TENON_OK;
}

tenon_status AuthJwt::authenticate(Worker& worker, sdk::AuthRequest request, tenon_op op,
                                   sdk::AuthAnswer answer) {
  const bool has_method = request.auth_method() == "JWT";
  // Another method is none of this plugin; and it never asks for more.
  if (!has_method && !request.auth_method().empty()) return ignore(answer);
  if (request.step() == TENON_AUTH_CONTINUE) return deny(answer, "no exchange is under way");
  if (!has_method && !request.password()) return ignore(answer);
  const auto bytes = has_method ? request.auth_data() : *request.password();
  ReadToken read = read_token(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  switch (read.shape) {
    case TokenShape::no_token:
      // With the method it could be nothing else; a password may be one for the next plugin.
      return has_method ? deny(answer, "it is no token") : ignore(answer);
    case TokenShape::refused:
      return deny(answer, read.why);
    case TokenShape::token:
      return check(worker, std::move(read.token), request, op, answer);
  }
  return deny(answer, "it is no token");
}

tenon_status AuthJwt::check(Worker& worker, Token token, sdk::AuthRequest request, tenon_op op,
                            sdk::AuthAnswer answer) {
  const auto& setup = worker.setup();
  if (setup->keys.is_quick(token)) {
    worker.result() = setup->judge(token, request.client_id(), services_.now_ms());
    fill_answer(services_, worker.result(), answer);
    return TENON_OK;
  }
  auto job = std::make_shared<CheckJob>(services_, setup, std::move(token), std::string(request.client_id()),
                                        op, answer);
  worker.jobs().add(op, job);
  if (pool_.submit([job] { job->run(); }) == TENON_OK) return TENON_PENDING;
  (void)worker.jobs().take(op);
  services_.busy_count.add();
  return TENON_E_BUSY;
}

tenon_status AuthJwt::cancel(Worker& worker, tenon_op op) {
  const auto job = worker.jobs().take(op);
  return job && job->cancel() ? TENON_OK : TENON_PENDING;
}

// A client stays as long as the key is there that its token was signed with; the rules of its token do not
// change.
sdk::PermissionSetRef AuthJwt::refresh(Worker& worker, const sdk::PermissionSet& old) {
  const auto& permissions = static_cast<const Permissions&>(old);
  if (!worker.setup()->keys.has(permissions.key_thumbprint())) return {};
  old.retain();
  return sdk::PermissionSetRef::adopt(&old);
}

}  // namespace tenon::auth_jwt
