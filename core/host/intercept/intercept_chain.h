#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "host/intercept/intercept_request.h"

namespace tenon::host {

class Instance;

// What happens to a message when an interceptor errs or is late.
enum class OnInterceptError : std::uint8_t { refuse, allow };

struct InterceptSettings {
  std::int64_t timeout_ns = 0;
  OnInterceptError on_error = OnInterceptError::refuse;
};

// What a chain has decided. Owns everything in it.
struct InterceptOutcome {
  enum class Decision : std::uint8_t { publish, refuse, drop };
  Decision decision = Decision::publish;
  std::uint8_t reason_code = 0x87;  // with refuse
  // Whose answer it is; with publish: who was the last to replace something, if anybody was.
  std::string plugin;
  std::size_t place = 0;    // of that one in the chain
  bool is_failure = false;  // with refuse: it erred, was late, or answered nonsense
  std::string why;          // with refuse: for the log; no secret
  MessageChange change;     // with publish
};

// Names one walk that is under way on one worker; 0: none.
enum class InterceptTicket : std::uint64_t {};

// The interceptors of a node in their order, of which each message is shown to those that its topic chooses.
//
// One object serves all workers; each walk belongs to the worker that began it. The chain has to outlive its
// walks, and the turn of the worker in which the last one ended.
class InterceptChain {
 public:
  static constexpr std::size_t count_max = 64;
  // Bit n: the n-th of the chain.
  using Chosen = std::uint64_t;

  InterceptChain();
  ~InterceptChain();

  // Behind those that are there. Before the workers run. REQUIRES: an instance of Kind::intercept that
  // outlives this; fewer than count_max are there.
  void add(Instance& instance, const InterceptSettings& settings);
  std::size_t size() const;
  const std::string& name(std::size_t place) const;
  // For messages from now on. Any thread.
  void set(std::size_t place, const InterceptSettings& settings);

  // What the walk came to. REQUIRES: chosen names one that is there. Empty: *ret_ticket names it, and `then`
  // is called once, on this worker in a later turn of its loop, shortly after the deadlines of those that
  // were asked at the latest; it may destroy whatever called this. [worker]
  using Then = std::function<void(InterceptOutcome&&)>;
  std::optional<InterceptOutcome> ask(Chosen chosen, const InterceptedMessage& message, Then then,
                                      InterceptTicket* ret_ticket);
  // Nobody waits any more: `then` will not be called, plugins are told. Unknown tickets are ignored.
  // [worker], the one that began the walk.
  void cancel(InterceptTicket ticket);

  // Messages, each counted for the one whose answer it was. Any thread.
  struct Counts {
    std::uint64_t asked = 0;
    std::uint64_t refused = 0;
    std::uint64_t dropped = 0;
    std::uint64_t replaced = 0;
    std::uint64_t failed = 0;  // it erred, was late, or answered nonsense
  };
  Counts counts(std::size_t place) const;
  // What this one was the last to change can't be published. Any thread.
  void count_refused(std::size_t place);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tenon::host
