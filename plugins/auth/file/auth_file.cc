#include "auth_file.h"

#include <utility>

namespace tenon::auth_file {
namespace {

// More changed users than this: the host is told to ask for all of them.
constexpr std::size_t users_told_max = 64;

constexpr std::int64_t hash_buckets_ns[] = {100'000,       300'000,      1'000'000,   3'000'000,
                                            10'000'000,    30'000'000,   100'000'000, 300'000'000,
                                            1'000'000'000, 3'000'000'000};

}  // namespace

AuthFile::Worker::Worker(AuthFile& plugin, std::uint32_t)
    : tagger_(plugin.key_), scram_(plugin.services_.clock, plugin.timer_), setup_(plugin.setup_) {}

void AuthFile::init() {
  services_.async = sdk::Async(host());
  services_.clock = sdk::Clock(host());
  pool_ = sdk::Pool(host());
  random_ = sdk::Random(host());
  timer_ = sdk::Timer(host());
  auth_host_ = sdk::AuthHost(host());
  health_ = sdk::Health(host());
  declare_metrics();
  random_.fill(key_);
  LoadWarnings warnings;
  auto setup = load_setup(read_options(config()), nullptr, random_, &warnings);
  warn(setup->options, warnings);
  publish(std::move(setup));
}

void AuthFile::declare_metrics() {
  const auto decisions = [this](std::string_view result) {
    return metrics().counter("decisions_total", "Logins that were decided here, by result.",
                             {{sdk::abi("result"), sdk::abi(result)}});
  };
  services_.allowed_count = decisions("allowed");
  services_.denied_count = decisions("denied");
  services_.ignored_count = decisions("ignored");
  services_.cache_hits_count =
      metrics().counter("cache_hits_total", "Logins whose password had been verified a short while before.");
  services_.busy_count =
      metrics().counter("busy_total", "Logins refused because too many waited to be checked.");
  services_.hash_seconds = metrics().histogram("hash_seconds", "Time to hash one password.", hash_buckets_ns);
  users_count_ = metrics().gauge("users", "Users in the password file.");
}

void AuthFile::warn(const Options& options, const LoadWarnings& warnings) const {
  if (warnings.passwords_readable_by_others)
    log().warn("auth_file.password_file_open",
               "everybody on this machine may read the password file; chmod o-r it",
               {{"file", options.password_file}});
  if (warnings.scram_without_secret)
    log().warn(
        "auth_file.scram_secret_missing",
        "the file has users of SCRAM and no line :scram-secret:, so that a restart tells which names are "
        "known; tenonctl passwd adds one",
        {{"file", options.password_file}});
  if (warnings.weak_count > 0)
    log().warn("auth_file.hash_weak",
               "some users have a salted SHA-512 ($6$), which is guessed quickly; set their passwords anew",
               {{"file", options.password_file}, {"users", std::to_string(warnings.weak_count)}});
}

void AuthFile::publish(std::shared_ptr<const Setup> setup) {
  users_count_.set(static_cast<std::int64_t>(setup->realm->users_count()));
  setup_.put(std::move(setup));
}

tenon_status AuthFile::reconfigure() try {
  const std::shared_ptr<const Setup> before = setup_.newest();
  LoadWarnings warnings;
  auto setup = load_setup(read_options(config()), before.get(), random_, &warnings);
  warn(setup->options, warnings);
  const auto realm = setup->realm;
  publish(std::move(setup));
  tell_host(*before->realm, *realm);
  if (std::exchange(is_degraded_, false)) health_.ok();
  return TENON_OK;
} catch (const sdk::Failure& failure) {
  is_degraded_ = true;
  health_.degraded(std::string("the users and rules are those of the last good reload: ") + failure.what());
  throw;
}

void AuthFile::tell_host(const Realm& before, const Realm& now) const {
  const auto changed = now.users_changed_since(before, users_told_max);
  if (!changed) return auth_host_.invalidate_all();
  for (const std::string& name : *changed) auth_host_.invalidate_user(name);
}

tenon_status AuthFile::ignore(sdk::AuthAnswer answer) const {
  services_.ignored_count.add();
  answer.ignore();
  return TENON_OK;
}

tenon_status AuthFile::deny(sdk::AuthAnswer answer, std::string_view audit) const {
  services_.denied_count.add();
  answer.deny();
  answer.audit(audit);
  return TENON_OK;
}

tenon_status AuthFile::allow(sdk::AuthAnswer answer, sdk::PermissionSetRef permissions) const {
  services_.allowed_count.add();
  answer.allow(std::move(permissions));
  return TENON_OK;
}

tenon_status AuthFile::answer_unknown(const Setup& setup, sdk::AuthAnswer answer) const {
  return setup.options.unknown_user == Options::UnknownUser::ignore ? ignore(answer)
                                                                    : deny(answer, "unknown user");
}

tenon_status AuthFile::authenticate(Worker& worker, sdk::AuthRequest request, tenon_op op,
                                    sdk::AuthAnswer answer) {
  // One setup for the whole of a login: a reload may put another one in its place at any moment.
  const std::shared_ptr<const Setup> held = worker.setup();
  const Setup& setup = *held;
  const Realm& realm = *setup.realm;
  if (request.auth_method() == "SCRAM-SHA-256") return authenticate_by_scram(worker, setup, request, answer);
  // Another method, which is none of this plugin.
  if (request.step() != TENON_AUTH_START || !request.auth_method().empty()) return ignore(answer);
  const auto name = request.username();
  if (!name) {
    if (!realm.allows_anonymous()) return ignore(answer);
    return allow(answer, realm.permissions_of_anonymous(request.client_id()));
  }
  const Realm::User* user = realm.find(*name);
  if (!realm.decoy()) return answer_unknown(setup, answer);
  if (request.has(TENON_AUTH_USERNAME_PROVED)) {
    if (!user) return answer_unknown(setup, answer);
    return allow(answer, realm.permissions_of(*user, *name, request.client_id()));
  }
  if (!request.password()) return user ? deny(answer, "no password given") : answer_unknown(setup, answer);
  return check_password(worker, held, {op, request, answer, user, std::nullopt});
}

// An unknown name takes the same steps as a known one, with the decoy in place of its line of the file.
tenon_status AuthFile::check_password(Worker& worker, const std::shared_ptr<const Setup>& held,
                                      const LoginJob::Login& login) {
  const Setup& setup = *held;
  const std::string_view name = *login.request.username();
  const BytesView password = *login.request.password();
  const bool may_be_known =
      setup.cache && name.size() + password.size() <= VerificationTagger::input_bytes_max;
  if (!may_be_known) return hash_on_pool(worker, held, login);
  LoginJob::Login tagged = login;
  tagged.tag =
      worker.tagger().tag(name, password, login.user ? *login.user->credential() : *setup.realm->decoy());
  const bool is_known = setup.cache->contains(*tagged.tag, services_.clock.mono_ns());
  if (!is_known || !login.user) return hash_on_pool(worker, held, tagged);
  services_.cache_hits_count.add();
  return allow(login.answer, setup.realm->permissions_of(*login.user, name, login.request.client_id()));
}

tenon_status AuthFile::hash_on_pool(Worker& worker, const std::shared_ptr<const Setup>& held,
                                    const LoginJob::Login& login) {
  auto job = std::make_shared<LoginJob>(services_, held, login);
  worker.jobs().add(login.op, job);
  const tenon_status status = pool_.submit([job] { job->run(); });
  if (status == TENON_OK) return TENON_PENDING;
  (void)worker.jobs().take(login.op);
  services_.busy_count.add();
  return TENON_E_BUSY;
}

tenon_status AuthFile::cancel(Worker& worker, tenon_op op) {
  const auto job = worker.jobs().take(op);
  return job ? job->cancel() : TENON_PENDING;
}

sdk::PermissionSetRef AuthFile::refresh(Worker& worker, const sdk::PermissionSet& old) {
  return worker.setup()->realm->renew(static_cast<const Permissions&>(old));
}

}  // namespace tenon::auth_file
