#include "auth_http.h"

#include <utility>

namespace tenon::auth_http {

void AuthHttp::init() {
  services_.async = sdk::Async(host());
  services_.clock = sdk::Clock(host());
  health_ = sdk::Health(host());
  declare_metrics();
  setup_.put(load_setup(read_options(config())));
}

void AuthHttp::declare_metrics() {
  const auto decisions = [this](std::string_view result) {
    return metrics().counter("decisions_total", "Logins that were decided here, by result.",
                             {{sdk::abi("result"), sdk::abi(result)}});
  };
  services_.allowed_count = decisions("allowed");
  services_.denied_count = decisions("denied");
  services_.ignored_count = decisions("ignored");
  services_.failed_count = decisions("failed");
  services_.cached_count =
      metrics().counter("cached_total", "Logins that were decided by an answer of before.");
  busy_count_ = metrics().counter("busy_total", "Logins refused because too many waited for the service.");
}

void AuthHttp::activate() {
  const Options& options = setup_.newest()->options;
  askers_.start(static_cast<std::size_t>(options.connections), static_cast<std::size_t>(options.waiting_max),
                [this](const std::string& why) { warn(why); });
}

void AuthHttp::deactivate() noexcept {
  askers_.stop();
}

// One record a second: a service that is away fails every login.
void AuthHttp::warn(const std::string& why) {
  constexpr std::int64_t pause_ns = 1'000'000'000;
  const std::int64_t now_ns = services_.clock.mono_ns();
  std::int64_t last = warned_ns_.load(std::memory_order_relaxed);
  if (last != 0 && now_ns - last < pause_ns) return;
  if (!warned_ns_.compare_exchange_strong(last, now_ns, std::memory_order_relaxed)) return;
  log().warn("auth_http.service_failed", "a login could not be asked for", {{"reason", why}});
}

tenon_status AuthHttp::reconfigure() try {
  setup_.put(load_setup(read_options(config())));
  if (std::exchange(is_degraded_, false)) health_.ok();
  return TENON_OK;
} catch (const sdk::Failure& failure) {
  is_degraded_ = true;
  health_.degraded(std::string("the options are those of the last good reload: ") + failure.what());
  throw;
}

tenon_status AuthHttp::authenticate(Worker& worker, sdk::AuthRequest request, tenon_op op,
                                    sdk::AuthAnswer answer) {
  const auto& setup = worker.setup();
  // The service knows no methods, and a link that is live has been asked for.
  const bool is_mine = request.step() == TENON_AUTH_START && request.auth_method().empty() &&
                       (request.username() || setup->options.asks_without_username);
  if (!is_mine) {
    services_.ignored_count.add();
    answer.ignore();
    return TENON_OK;
  }
  Question question = make_question(setup->options.request_fields, request);
  const std::int64_t now_ns = services_.clock.mono_ns();
  if (const Cache::Entry known = setup->cache->find(question.cache_key(), now_ns); known.decision) {
    services_.cached_count.add();
    worker.decision() = known.decision;
    fill_answer(services_, *known.decision, now_ns - known.since_ns, answer);
    return TENON_OK;
  }
  auto job = std::make_shared<LoginJob>(services_, setup, std::move(question), op, answer);
  worker.jobs().add(op, job);
  if (askers_.submit(job)) return TENON_PENDING;
  (void)worker.jobs().take(op);
  busy_count_.add();
  return TENON_E_BUSY;
}

tenon_status AuthHttp::cancel(Worker& worker, tenon_op op) {
  const auto job = worker.jobs().take(op);
  return job && job->cancel() ? TENON_OK : TENON_PENDING;
}

}  // namespace tenon::auth_http
