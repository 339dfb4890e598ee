#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include <tenon/auth.hpp>
#include <tenon/clock.hpp>
#include <tenon/metrics.hpp>

#include "realm.h"
#include "setup.h"
#include "verification_cache.h"

namespace tenon::auth_file {

// What jobs and workers use of the host. Lives as long as the plugin instance.
struct HostServices {
  sdk::Async async;
  sdk::Clock clock;
  sdk::Metric allowed_count, denied_count, ignored_count;
  sdk::Metric cache_hits_count;
  sdk::Metric busy_count;
  sdk::Metric hash_seconds;
};

// One login whose password is being checked on a pool thread. Made on a worker, run on the pool, cancelled
// from the worker, destroyed by whichever lets go last. The request and the result belong to the host and are
// touched only between the begin of run() and the completion of the operation.
class LoginJob {
 public:
  struct Login {
    tenon_op op = 0;
    sdk::AuthRequest request;
    sdk::AuthAnswer answer;
    const Realm::User* user = nullptr;   // of setup->realm; null: the name is not known
    std::optional<VerificationTag> tag;  // under which success is remembered
  };

  LoginJob(const HostServices& services, std::shared_ptr<const Setup> setup, const Login& login)
      : services_(services), setup_(std::move(setup)), login_(login), made_ns_(services.clock.mono_ns()) {}

  // Checks the password and closes the operation, unless cancel() came first. Once. [any]
  void run();

  // TENON_OK: nothing of the request will be touched and the operation counts as closed. TENON_PENDING: run()
  // is at it and will close the operation. [worker]
  tenon_status cancel();

  // Whether nothing is left that cancel() could stop.
  bool has_ended() const {
    const State state = state_.load(std::memory_order_relaxed);
    return state == State::done || state == State::cancelled;
  }

 private:
  // queued -> running -> done; from queued and from running -> cancelled.
  enum class State : std::uint8_t { queued, running, cancelled, done };

  bool moves(State from, State to) {
    return state_.compare_exchange_strong(from, to, std::memory_order_acq_rel);
  }
  bool is_late() const;
  bool verify() const;
  void answer(sdk::OpHandle op, bool is_right);
  void allow(sdk::OpHandle op);

  const HostServices& services_;
  const std::shared_ptr<const Setup> setup_;
  Login login_;
  const std::int64_t made_ns_;
  std::atomic<State> state_{State::queued};
};

}  // namespace tenon::auth_file
