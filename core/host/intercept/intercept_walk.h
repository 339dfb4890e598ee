#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "host/intercept/intercept_call.h"
#include "host/intercept/intercept_chain.h"
#include "host/op/pending_question.h"

namespace tenon::host {

// One place of a chain. Settings and counts: any thread.
struct InterceptLink {
  explicit InterceptLink(Instance& of) : instance(of) {}

  Instance& instance;
  std::atomic<std::int64_t> timeout_ns{0};
  std::atomic<OnInterceptError> on_error{OnInterceptError::refuse};
  std::atomic<std::uint64_t> asked{0};
  std::atomic<std::uint64_t> refused{0};
  std::atomic<std::uint64_t> dropped{0};
  std::atomic<std::uint64_t> replaced{0};
  std::atomic<std::uint64_t> failed{0};
};
using InterceptLinks = std::vector<std::unique_ptr<InterceptLink>>;

class InterceptWalkOwner {
 public:
  // The walk is over; it may be destroyed in here.
  virtual void forget(InterceptTicket ticket) = 0;

 protected:
  ~InterceptWalkOwner() = default;
};

// Shows one message to those that were chosen, one after the other, until one ends that. Belongs to one
// worker.
class InterceptWalk {
 public:
  // All outlive it.
  InterceptWalk(InterceptWalkOwner& owner, const InterceptLinks& links, InterceptChain::Chosen chosen,
                const InterceptedMessage& message);
  InterceptWalk(const InterceptWalk&) = delete;
  InterceptWalk& operator=(const InterceptWalk&) = delete;

  // As far as it goes without waiting. Empty: it waits, and what it comes to goes to whoever wait_by() names.
  std::optional<InterceptOutcome> run();
  // REQUIRES: run() has come back empty.
  void wait_by(InterceptTicket ticket, InterceptChain::Then then);
  // The pending call has ended.
  void take(InterceptAnswer answer);
  // Gives up without calling anybody.
  void cancel();

 private:
  InterceptLink& link() const { return *links_[place_]; }
  // Empty: it waits.
  std::optional<InterceptAnswer> ask();
  // Empty: the next one is to be asked.
  std::optional<InterceptOutcome> judge(InterceptAnswer&& answer);
  InterceptOutcome refuse(InterceptAnswer&& answer);
  // With the name of this place.
  InterceptOutcome outcome_of(std::size_t place) const;
  void replace(MessageChange&& change);
  void go_on();
  void finish(InterceptOutcome&& outcome);
  static void on_deadline(void* user);

  InterceptWalkOwner& owner_;
  const InterceptLinks& links_;
  InterceptChain::Chosen chosen_;  // and not asked yet, but for the one at place_
  std::size_t place_ = 0;
  std::shared_ptr<const InterceptRequest> request_;
  MessageChange change_;         // of all that were asked
  std::size_t replaced_at_ = 0;  // the last of these
  InterceptTicket ticket_{};
  InterceptChain::Then then_;

  PendingQuestion pending_;
};

}  // namespace tenon::host
