#pragma once

#include <array>
#include <memory>

#include "base/reactor.h"
#include "base/timer_wheel.h"
#include "base/token_slab.h"
#include "runtime/files/owned_fd.h"

struct epoll_event;

namespace tenon::runtime {

// Descriptors in an epoll set and timers in a wheel; the loop that waits is the deriving class.
//
// Level-triggered: what a callback leaves undone is reported again in the next turn, and registering costs 32
// bytes and one system call. An event that was collected for a token which is removed before its turn comes
// is not delivered, because the token no longer finds its entry.
class EpollReactor : public Reactor {
 public:
  ~EpollReactor() override;

  // busy: the system gives no more descriptors or watches.
  Result<FdToken> add_fd(int fd, std::uint32_t events, FdFn fn, void* user) override;
  Status modify_fd(FdToken token, std::uint32_t events) override;
  void remove_fd(FdToken token) override;
  TimerToken start_timer(std::int64_t delay_ns, TimerFn fn, void* user) override;
  bool cancel_timer(TimerToken token) override;

  // The monotonic time at which this turn began.
  MonoNs now_ns() const { return now_ns_; }
  // What was ready at the end of a turn.
  struct Horizon {
    std::uint64_t whole_turns;
    std::uint64_t events;
  };
  // Between turns, or at the end of one.
  Horizon horizon() const { return {whole_turns_, events_ + watches_.size() + 1}; }  // 1: the event counter
  // Whether all that was ready then has been called back for. Descriptors have their turns in the order in
  // which they became ready, so that this comes however many are ready all the time.
  bool has_passed(const Horizon& horizon) const {
    return whole_turns_ > horizon.whole_turns || events_ >= horizon.events;
  }

 protected:
  static constexpr int events_per_turn_max = 256;

  // An epoll set, and an event counter that is part of it: what it takes to make a reactor.
  struct Descriptors {
    OwnedFd epoll;
    OwnedFd wake;
  };
  static Result<Descriptors> open_descriptors();

  explicit EpollReactor(Descriptors descriptors);

  void set_now(MonoNs now_ns) { now_ns_ = now_ns; }
  // Waits for events until one comes or the time is over (-1: for ever), and keeps up to events_per_turn_max.
  void collect(int timeout_ms);
  // Calls back for the events kept by collect(), which are still wanted. Returns how many.
  std::uint64_t dispatch();
  // Fires the timers due at now_ns(). Returns how many.
  std::uint64_t fire_timers() { return timers_.advance(now_ns_); }
  // See TimerWheel::next_due_ns.
  MonoNs next_timer_ns() const { return timers_.next_due_ns(); }
  // Ends a collect() that waits, now or the next one. Any thread.
  void wake() const;
  // Readable when collect(0) would find something.
  int epoll_fd() const { return descriptors_.epoll.get(); }

 private:
  struct Watch {
    FdFn fn;
    void* user;
    int fd;
    std::uint32_t events;
  };

  Descriptors descriptors_;
  TokenSlab<Watch> watches_;
  TimerWheel timers_;
  MonoNs now_ns_;
  std::unique_ptr<epoll_event[]> collected_;
  int collected_count_ = 0;
  bool is_all_collected_ = false;  // nothing else was ready
  std::uint64_t whole_turns_ = 0;  // those in which that was so
  std::uint64_t events_ = 0;       // that were ever collected
};

}  // namespace tenon::runtime
