#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <tenon/async.hpp>
#include <tenon/auth.hpp>
#include <tenon/clock.hpp>
#include <tenon/metrics.hpp>

#include "answer/question.h"
#include "setup.h"
#include "shared/http/exchange.h"

namespace tenon::auth_http {

// What jobs and workers use of the host. Lives as long as the plugin instance.
struct HostServices {
  sdk::Async async;
  sdk::Clock clock;
  sdk::Metric allowed_count, denied_count, ignored_count, failed_count, cached_count;
};

// Writes the decision, which was made so long ago, into the answer; its texts are borrowed.
void fill_answer(const HostServices& services, const Decision& decision, std::int64_t age_ns,
                 sdk::AuthAnswer answer);

// One login that the service is asked for. Made on a worker, run by a thread of the plugin, cancelled from
// the worker; the answer, which is the host's, is touched only when nobody has cancelled it.
class LoginJob {
 public:
  LoginJob(const HostServices& services, std::shared_ptr<const Setup> setup, Question question, tenon_op op,
           sdk::AuthAnswer answer)
      : services_(services),
        setup_(std::move(setup)),
        question_(std::move(question)),
        op_(op),
        answer_(answer),
        deadline_(std::chrono::steady_clock::now() + std::chrono::milliseconds(setup_->options.timeout_ms)) {}
  LoginJob(const LoginJob&) = delete;
  LoginJob& operator=(const LoginJob&) = delete;

  // Asks, and closes the operation unless cancel() came first. Once. Whatever goes wrong is said to `warn`.
  template <class Warn>
  void run(http::Exchange& exchange, Warn&& warn) {
    if (has_ended()) return question_.reset();
    if (is_late()) {
      warn("logins wait for so long that the answers would come too late");
      return give_up();
    }
    std::string why;
    auto decision = ask(exchange, why);
    question_.reset();
    if (!why.empty()) warn(why);
    end(std::move(decision));
  }
  // It is not asked any more.
  void give_up() {
    question_.reset();
    end(nullptr);
  }
  // True: the answer will not be touched, and the operation counts as closed. False: it is being closed.
  // [worker]
  bool cancel() { return moves(State::cancelled); }
  bool has_ended() const { return state_.load(std::memory_order_relaxed) != State::open; }
  const std::shared_ptr<const Setup>& setup() const { return setup_; }

 private:
  enum class State : std::uint8_t { open, cancelled, done };
  bool moves(State to) {
    State from = State::open;
    return state_.compare_exchange_strong(from, to, std::memory_order_acq_rel);
  }
  // Where more logins come than the service answers, each would be asked for so late that its answer finds
  // nobody, and its connection ended with it.
  bool is_late() const {
    return deadline_ - std::chrono::steady_clock::now() <
           std::chrono::milliseconds(setup_->options.timeout_ms / 2);
  }
  std::shared_ptr<const Decision> ask(http::Exchange& exchange, std::string& ret_why);
  void end(std::shared_ptr<const Decision> decision);

  const HostServices& services_;
  const std::shared_ptr<const Setup> setup_;
  std::optional<Question> question_;  // it has a password: until it is asked
  const tenon_op op_;
  sdk::AuthAnswer answer_;
  const http::Deadline deadline_;
  std::shared_ptr<const Decision> decision_;  // its texts stay until the operation is closed
  std::atomic<State> state_{State::open};
};

}  // namespace tenon::auth_http
