#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include <tenon/auth.hpp>
#include <tenon/health.hpp>
#include <tenon/pool.hpp>
#include <tenon/timer.hpp>

#include "login_job.h"
#include "options.h"
#include "scram/waiting.h"
#include "setup.h"
#include "shared/published.h"
#include "shared/running_jobs.h"

namespace tenon::auth_file {

// Logs users in by a password file and says by an ACL file what they may do. README.md is the manual.
//
// Files are read in init and reconfigure only. A login whose password was verified a short while ago is
// answered at once on the worker; any other is hashed on the host's pool.
class AuthFile : public sdk::AuthPlugin<AuthFile> {
 public:
  static constexpr const char* required_tables[] = {TENON_HOST_ASYNC_ID,
                                                    TENON_HOST_CONFIG_ID,
                                                    TENON_HOST_CLOCK_ID,
                                                    TENON_HOST_POOL_ID,
                                                    TENON_HOST_RANDOM_ID,
                                                    TENON_HOST_TIMER_ID,
                                                    nullptr};
  static constexpr sdk::PluginInfo info = {
      .id = "tenon.auth-file",
      .name = "file",
      .version = TENON_VERSION,
      .config_schema_json = options_schema,
      .requires_host = required_tables,
  };

  // What one worker keeps, so that logins take no lock.
  class Worker {
   public:
    Worker(AuthFile& plugin, std::uint32_t worker);

    // The newest setup.
    const std::shared_ptr<const Setup>& setup() { return setup_.get(); }
    VerificationTagger& tagger() { return tagger_; }
    WaitingExchanges& scram() { return scram_; }
    // Texts of an answer, which must stay until the next call.
    void keep(std::string name, std::string proof) {
      kept_name_ = std::move(name);
      kept_proof_ = std::move(proof);
    }
    const std::string& kept_name() const { return kept_name_; }
    const std::string& kept_proof() const { return kept_proof_; }
    RunningJobs<LoginJob>& jobs() { return jobs_; }

   private:
    VerificationTagger tagger_;
    WaitingExchanges scram_;
    std::string kept_name_;
    std::string kept_proof_;
    Published<Setup>::Reader setup_;
    RunningJobs<LoginJob> jobs_;
  };

  using AuthPlugin::AuthPlugin;

  void init();
  tenon_status reconfigure();
  tenon_status authenticate(Worker& worker, sdk::AuthRequest request, tenon_op op, sdk::AuthAnswer answer);
  tenon_status cancel(Worker& worker, tenon_op op);
  sdk::PermissionSetRef refresh(Worker& worker, const sdk::PermissionSet& old);

 private:
  tenon_status ignore(sdk::AuthAnswer answer) const;
  tenon_status deny(sdk::AuthAnswer answer, std::string_view audit) const;
  tenon_status allow(sdk::AuthAnswer answer, sdk::PermissionSetRef permissions) const;
  tenon_status answer_unknown(const Setup& setup, sdk::AuthAnswer answer) const;
  tenon_status check_password(Worker& worker, const std::shared_ptr<const Setup>& held,
                              const LoginJob::Login& login);
  tenon_status hash_on_pool(Worker& worker, const std::shared_ptr<const Setup>& held,
                            const LoginJob::Login& login);

  // auth_file_scram.cc
  tenon_status authenticate_by_scram(Worker& worker, const Setup& setup, sdk::AuthRequest request,
                                     sdk::AuthAnswer answer);
  tenon_status begin_scram(Worker& worker, const Setup& setup, sdk::AuthRequest request,
                           sdk::AuthAnswer answer);
  tenon_status finish_scram(Worker& worker, const Setup& setup, sdk::AuthRequest request,
                            sdk::AuthAnswer answer);

  void declare_metrics();
  void warn(const Options& options, const LoadWarnings& warnings) const;
  void publish(std::shared_ptr<const Setup> setup);
  void tell_host(const Realm& before, const Realm& now) const;

  HostServices services_;
  sdk::Pool pool_;
  sdk::Random random_;
  sdk::Timer timer_;
  sdk::AuthHost auth_host_;
  sdk::Health health_;
  sdk::Metric users_count_;
  VerificationKey key_{};
  bool is_degraded_ = false;  // the last reload failed

  Published<Setup> setup_;
};

}  // namespace tenon::auth_file
