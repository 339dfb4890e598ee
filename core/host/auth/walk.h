#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "host/auth/answer.h"
#include "host/auth/request_memory.h"
#include "host/auth_chain.h"
#include "host/op/pending_question.h"

namespace tenon::host {

// One walk along a chain: asks the plugins one after the other until one decides. Belongs to one worker. Ends
// by calling `done` once and, right before that, WalkOwner::forget, which may destroy it.
class WalkOwner {
 public:
  virtual void forget(AuthTicket ticket) = 0;

 protected:
  ~WalkOwner() = default;
};

class Walk {
 public:
  Walk(WalkOwner* owner, std::span<const AuthLink> links, AuthTicket ticket, const AuthRequest& request,
       MonoNs deadline, AuthChain::Callback done);
  ~Walk();
  Walk(const Walk&) = delete;
  Walk& operator=(const Walk&) = delete;

  // Asks from the first link on, or from the one that the request continues.
  void start();
  // A pending call has ended.
  void take(Answer answer);
  // Gives up without calling `done`.
  void cancel();

 private:
  enum class Next : std::uint8_t { go_on, wait, finished };
  void run();
  Next ask(Instance& instance);
  Next judge(Answer answer);
  void finish(AuthOutcome outcome);
  AuthOutcome end_of_chain();
  MonoNs call_deadline() const;
  static void on_deadline(void* user);

  WalkOwner* owner_;
  std::span<const AuthLink> links_;
  AuthTicket ticket_;
  Ref<RequestMemory> memory_;
  MonoNs deadline_;
  AuthChain::Callback done_;
  std::size_t at_;
  bool continues_;  // the link at at_ asked for more before, or let the client in
  bool has_method_;
  bool anonymous_allowed_;  // and the client gave no user name; or it has proved its name already
  bool has_name_;
  std::optional<AuthOutcome> failure_;  // of the last link that failed and was passed over

  PendingQuestion pending_;
};

}  // namespace tenon::host
