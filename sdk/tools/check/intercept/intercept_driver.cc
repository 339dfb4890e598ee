#include "intercept/intercept_driver.h"

#include <chrono>
#include <future>
#include <thread>
#include <utility>

#include "made_plugin.h"

namespace tenon::tools {

namespace {

constexpr std::int64_t patience_ns = 5 * ns_per_s;
constexpr std::chrono::seconds let_go_time{5};
constexpr std::chrono::milliseconds look_again_time{5};

}  // namespace

InterceptDriver::InterceptDriver(CheckHost& check_host, host::Instance& instance)
    : check_host_(check_host), instance_(instance) {
  chain_.add(instance, {patience_ns, host::OnInterceptError::refuse});
  if (const Status s = start_workers(check_host_, instance_); !s) failure_ = s.error().message;
}

InterceptDriver::~InterceptDriver() {
  stop_workers(check_host_, instance_);
}

host::InterceptOutcome InterceptDriver::show(std::uint32_t worker, const host::InterceptedMessage& message) {
  std::promise<host::InterceptOutcome> promise;
  auto outcome = promise.get_future();
  check_host_.threads().run_on_each([&](runtime::Worker& w) {
    if (w.index() != worker) return;
    host::InterceptTicket ticket{};
    auto at_once = chain_.ask(
        1, message, [&promise](host::InterceptOutcome&& late) { promise.set_value(std::move(late)); },
        &ticket);
    if (at_once) promise.set_value(std::move(*at_once));
  });
  return outcome.get();
}

void InterceptDriver::show_and_go(std::uint32_t worker, const host::InterceptedMessage& message) {
  check_host_.threads().run_on_each([&](runtime::Worker& w) {
    if (w.index() != worker) return;
    host::InterceptTicket ticket{};
    if (!chain_.ask(
            1, message, [](host::InterceptOutcome&&) {}, &ticket))
      chain_.cancel(ticket);
  });
}

bool InterceptDriver::closes_all() {
  const auto until = std::chrono::steady_clock::now() + let_go_time;
  while (instance_.op_gauges().open_count > 0) {
    if (std::chrono::steady_clock::now() >= until) return false;
    std::this_thread::sleep_for(look_again_time);
  }
  return true;
}

}  // namespace tenon::tools
