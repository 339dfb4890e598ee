// SPDX-License-Identifier: 0BSD
//
// An auth plugin that asks a service over HTTP, without holding up a worker. See ../README.md.
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <tenon/auth.hpp>
#include <tenon/metrics.hpp>
#include <tenon/module.hpp>

#include "http_client.h"
#include "login.h"

namespace acme {
namespace {

namespace sdk = tenon::sdk;

class AuthCallout : public sdk::AuthPlugin<AuthCallout> {
 public:
  static constexpr const char* required_tables[] = {TENON_HOST_ASYNC_ID, TENON_HOST_CONFIG_ID, nullptr};
  static constexpr sdk::PluginInfo info = {
      .id = "com.example.auth-callout",
      .name = "callout",
      .version = "1.0",
      .config_schema_json =
          R"({"type": "object", "additionalProperties": false, "required": ["url"], "properties": {
                                "url": {"type": "string"},
                                "timeout_ms": {"type": "integer", "minimum": 1, "maximum": 600000},
                                "logins_max": {"type": "integer", "minimum": 1, "maximum": 100000}}})",
      .requires_host = required_tables,
      .flags = TENON_PLUGIN_OWN_THREADS,
  };
  using AuthPlugin::AuthPlugin;

  void init() {
    async_ = sdk::Async(host());
    url_ = parse_url(config().require_text("url"));
    timeout_ms_ = number("timeout_ms", 3'000, 600'000);
    logins_max_ = static_cast<std::size_t>(number("logins_max", 1'000, 100'000));
    asked_count_ = metrics().counter("asked_total", "Logins that the service was asked about.");
    unanswered_count_ = metrics().counter("unanswered_total", "Logins to which it gave no usable answer.");
  }
  void activate() { client_ = std::make_unique<HttpClient>(url_, resolve(url_), timeout_ms_); }
  // Whatever is still open is closed by it.
  void deactivate() noexcept { client_.reset(); }

  // Runs on a worker: copies what it needs and goes. The answer comes on the client's thread.
  tenon_status authenticate(sdk::AuthRequest request, tenon_op op, sdk::AuthAnswer answer) {
    if (!request.username() || !request.password()) {
      answer.ignore();
      return TENON_OK;
    }
    std::string body = describe(request);
    {
      const std::lock_guard lock(mutex_);
      if (logins_.size() >= logins_max_) return TENON_E_BUSY;
      logins_.emplace(op, answer);
    }
    asked_count_.add();
    client_->post(std::move(body), [this, op](int status) { finish(op, status); });
    return TENON_PENDING;
  }

  // The host waits no longer. OK: nobody will touch the answer any more; PENDING: it is being given at this
  // moment.
  tenon_status cancel(tenon_op op) {
    std::optional<tenon_op> quiet;
    bool is_given_up = false;
    {
      const std::lock_guard lock(mutex_);
      is_given_up = logins_.erase(op) > 0;
      if (is_idle()) quiet.swap(quiet_);
    }
    if (quiet) async_.complete(*quiet, TENON_OK);
    return is_given_up ? TENON_OK : TENON_PENDING;
  }

  tenon_status quiesce(tenon_op op) {
    const std::lock_guard lock(mutex_);
    if (is_idle()) return TENON_OK;
    quiet_ = op;
    return TENON_PENDING;
  }

 private:
  int number(const char* option, std::int64_t otherwise, std::int64_t max) const {
    const std::int64_t value = config().integer_or(option, otherwise);
    if (value < 1 || value > max)
      throw sdk::Failure(TENON_E_INVALID, "option \"" + std::string(option) + "\" must be from 1 to " +
                                              std::to_string(max) + "; it is " + std::to_string(value));
    return static_cast<int>(value);
  }

  // On the client's thread.
  void finish(tenon_op op, int status) {
    {
      const std::lock_guard lock(mutex_);
      const auto login = logins_.extract(op);
      if (!login) return;  // the host has given it up
      ++closing_count_;
      fill(login.mapped(), status);
    }
    async_.complete(op, is_decision(status) ? TENON_OK : TENON_E_TIMEOUT);
    std::optional<tenon_op> quiet;
    {
      const std::lock_guard lock(mutex_);
      --closing_count_;
      if (is_idle()) quiet.swap(quiet_);
    }
    if (quiet) async_.complete(*quiet, TENON_OK);
  }
  // Under the mutex. A login is in flight until it has been closed, which is done outside of the mutex.
  bool is_idle() const { return logins_.empty() && closing_count_ == 0; }
  static bool is_decision(int status) {
    return status == 200 || status == 204 || status == 401 || status == 403 || status == 404;
  }
  // 404: the service does not know the user, and the next plugin of the chain is asked.
  void fill(sdk::AuthAnswer answer, int status) {
    if (!is_decision(status)) return unanswered_count_.add();
    if (status == 404) return answer.ignore();
    if (status >= 400) return answer.deny();
    answer.allow();
  }

  sdk::Async async_;
  sdk::Metric asked_count_;
  sdk::Metric unanswered_count_;
  Url url_;
  int timeout_ms_ = 0;
  std::size_t logins_max_ = 0;
  std::mutex mutex_;
  std::map<tenon_op, sdk::AuthAnswer> logins_;  // under the mutex, as is:
  int closing_count_ = 0;
  std::optional<tenon_op> quiet_;
  std::unique_ptr<HttpClient> client_;
};

}  // namespace
}  // namespace acme

TENON_CPP_MODULE(1, "com.example.auth-callout", "1.0", acme::AuthCallout)
