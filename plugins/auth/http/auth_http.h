#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include <tenon/auth.hpp>
#include <tenon/health.hpp>

#include "askers.h"
#include "login_job.h"
#include "options.h"
#include "setup.h"
#include "shared/published.h"
#include "shared/running_jobs.h"

namespace tenon::auth_http {

// Lets clients in as a service says that is asked over HTTP. README.md is the manual.
class AuthHttp : public sdk::AuthPlugin<AuthHttp> {
 public:
  static constexpr const char* required_tables[] = {TENON_HOST_ASYNC_ID, TENON_HOST_CONFIG_ID,
                                                    TENON_HOST_CLOCK_ID, nullptr};
  static constexpr sdk::PluginInfo info = {
      .id = "tenon.auth-http",
      .name = "http",
      .version = TENON_VERSION,
      .config_schema_json = options_schema,
      .requires_host = required_tables,
  };

  // What one worker keeps, so that logins take no lock of the plugin's.
  class Worker {
   public:
    Worker(AuthHttp& plugin, std::uint32_t) : setup_(plugin.setup_) {}

    // The newest setup.
    const std::shared_ptr<const Setup>& setup() { return setup_.get(); }
    RunningJobs<LoginJob>& jobs() { return jobs_; }
    // Of an answer without delay, whose texts must stay until the next call.
    std::shared_ptr<const Decision>& decision() { return decision_; }

   private:
    Published<Setup>::Reader setup_;
    RunningJobs<LoginJob> jobs_;
    std::shared_ptr<const Decision> decision_;
  };

  using AuthPlugin::AuthPlugin;

  void init();
  void activate();
  void deactivate() noexcept;
  tenon_status reconfigure();
  tenon_status authenticate(Worker& worker, sdk::AuthRequest request, tenon_op op, sdk::AuthAnswer answer);
  tenon_status cancel(Worker& worker, tenon_op op);

 private:
  void declare_metrics();
  void warn(const std::string& why);

  HostServices services_;
  sdk::Health health_;
  sdk::Metric busy_count_;
  bool is_degraded_ = false;  // the last reload failed
  std::atomic<std::int64_t> warned_ns_{0};

  Published<Setup> setup_;
  Askers askers_;
};

}  // namespace tenon::auth_http
