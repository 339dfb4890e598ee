#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include <tenon/auth.hpp>
#include <tenon/clock.hpp>
#include <tenon/metrics.hpp>

#include "setup.h"

namespace tenon::auth_jwt {

// What jobs and workers use of the host. Lives as long as the plugin instance.
struct HostServices {
  sdk::Async async;
  sdk::Clock clock;
  sdk::Metric allowed_count, denied_count, ignored_count;
  sdk::Metric busy_count;

  std::int64_t now_ms() const { return clock.unix_ns() / 1'000'000; }
};

// One token whose signature is checked on a pool thread. Has all that it reads in memory of its own; the
// answer, which is the host's, is touched only when nobody has cancelled it. Made on a worker, run on the
// pool, cancelled from the worker.
class CheckJob {
 public:
  CheckJob(const HostServices& services, std::shared_ptr<const Setup> setup, Token token,
           std::string client_id, tenon_op op, sdk::AuthAnswer answer)
      : services_(services),
        setup_(std::move(setup)),
        token_(std::move(token)),
        client_id_(std::move(client_id)),
        op_(op),
        answer_(answer) {}

  CheckJob(const CheckJob&) = delete;
  CheckJob& operator=(const CheckJob&) = delete;
  // Wipes the token, which is a secret.
  ~CheckJob();

  // Checks the token and closes the operation, unless cancel() came first. Once. [any]
  void run();
  // True: the answer will not be touched, and the operation counts as closed. False: it is being closed.
  // [worker]
  bool cancel() { return moves(State::cancelled); }
  bool has_ended() const { return state_.load(std::memory_order_relaxed) != State::open; }

 private:
  enum class State : std::uint8_t { open, cancelled, done };
  bool moves(State to) {
    State from = State::open;
    return state_.compare_exchange_strong(from, to, std::memory_order_acq_rel);
  }

  const HostServices& services_;
  const std::shared_ptr<const Setup> setup_;
  Token token_;
  const std::string client_id_;
  const tenon_op op_;
  sdk::AuthAnswer answer_;
  LoginResult result_;  // its texts stay until the operation is closed
  std::atomic<State> state_{State::open};
};

// Writes the result into the answer; texts are borrowed from `result`, the permission set is handed over.
void fill_answer(const HostServices& services, LoginResult& result, sdk::AuthAnswer answer);

}  // namespace tenon::auth_jwt
