#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "auth/question_memory.h"
#include "check.h"
#include "host/auth/answer.h"
#include "threads/call_timer.h"

namespace tenon::tools {

// One question that was put to a plugin, and what came of it. Written by the worker that asks and by the
// thread that completes it; read by others once it has ended.
struct AskedLogin {
  enum class State : std::uint8_t {
    open,      // asked, or not yet
    closed,    // by the plugin, in time
    given_up,  // by the host, and let go of by the plugin
    cut_off,   // the plugin was deactivated meanwhile
  };

  AskedLogin(Question q, std::uint32_t on_worker, MonoNs deadline, const HostAge& age)
      : question(std::move(q)), worker(on_worker), memory(question, deadline, age) {}

  bool has_ended() const { return state.load(std::memory_order_acquire) != State::open; }
  bool is_allowed() const {
    return state == State::closed && answer.kind == host::Answer::Kind::decided &&
           answer.outcome.decision == host::AuthDecision::allow;
  }
  // "ALLOW as ada", "error -200", "given up"
  std::string outcome() const;
  // What is wrong with how it was dealt with; empty: nothing, or it is open.
  std::string fault() const;

  const Question question;
  const std::uint32_t worker;
  QuestionMemory memory;
  tenon_op op = 0;
  bool was_pending = false;        // it was answered TENON_PENDING
  bool is_late = false;            // the host had to give it up at its deadline
  bool closed_by_itself = false;   // completed, though another answer than TENON_PENDING was given
  tenon_status status = TENON_OK;  // in the end
  host::Answer answer;             // with TENON_OK; holds the permission set's reference
  const tenon_permset* permset = nullptr;
  CallTime authenticate_time, cancel_time;
  std::atomic<bool> has_returned{false};  // the plugin's authenticate()
  std::atomic<bool> is_completed{false};  // by complete(); the host ends it in a later turn
  std::atomic<State> state{State::open};
};

// The finding on a login that got the outcome `before` and gets `after`, `when` others that it has nothing to
// do with had been asked for. A plugin that slows guessers down denies, or is busy: it is warned only.
Finding same_or_slowed(const std::string& before, const std::string& after, const std::string& when);

}  // namespace tenon::tools
