#pragma once

#include <cstdint>
#include <memory>

#include <tenon/auth.hpp>
#include <tenon/health.hpp>
#include <tenon/pool.hpp>

#include "check_job.h"
#include "options.h"
#include "setup.h"
#include "shared/published.h"
#include "shared/running_jobs.h"

namespace tenon::auth_jwt {

// Lets clients in that have a signed token. README.md is the manual.
//
// Key files are read in init and reconfigure only. An HMAC is checked on the worker, other signatures on the
// host's pool.
class AuthJwt : public sdk::AuthPlugin<AuthJwt> {
 public:
  static constexpr const char* required_tables[] = {TENON_HOST_ASYNC_ID, TENON_HOST_CONFIG_ID,
                                                    TENON_HOST_CLOCK_ID, TENON_HOST_POOL_ID, nullptr};
  static constexpr sdk::PluginInfo info = {
      .id = "tenon.auth-jwt",
      .name = "jwt",
      .version = TENON_VERSION,
      .config_schema_json = options_schema,
      .requires_host = required_tables,
  };

  // What one worker keeps, so that logins take no lock.
  class Worker {
   public:
    Worker(AuthJwt& plugin, std::uint32_t) : setup_(plugin.setup_) {}

    // The newest setup.
    const std::shared_ptr<const Setup>& setup() { return setup_.get(); }
    RunningJobs<CheckJob>& jobs() { return jobs_; }
    // Of an answer without delay, whose texts must stay until the next call.
    LoginResult& result() { return result_; }

   private:
    Published<Setup>::Reader setup_;
    RunningJobs<CheckJob> jobs_;
    LoginResult result_;
  };

  using AuthPlugin::AuthPlugin;

  void init();
  tenon_status reconfigure();
  tenon_status authenticate(Worker& worker, sdk::AuthRequest request, tenon_op op, sdk::AuthAnswer answer);
  tenon_status cancel(Worker& worker, tenon_op op);
  sdk::PermissionSetRef refresh(Worker& worker, const sdk::PermissionSet& old);

 private:
  void declare_metrics();
  void warn(const Options& options, const LoadWarnings& warnings) const;
  void publish(std::shared_ptr<const Setup> setup);
  tenon_status ignore(sdk::AuthAnswer answer) const;
  tenon_status deny(sdk::AuthAnswer answer, const char* audit) const;
  tenon_status check(Worker& worker, Token token, sdk::AuthRequest request, tenon_op op,
                     sdk::AuthAnswer answer);

  HostServices services_;
  sdk::Pool pool_;
  sdk::AuthHost auth_host_;
  sdk::Health health_;
  sdk::Metric keys_count_;
  bool is_degraded_ = false;  // the last reload failed

  Published<Setup> setup_;
};

}  // namespace tenon::auth_jwt
