#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <functional>
#include <vector>

#include "runtime/files/owned_fd.h"
#include "runtime/worker.h"

namespace tenon::runtime {
namespace {

// Two connected sockets, non-blocking.
struct Pair {
  Pair() {
    int fds[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    near = OwnedFd(fds[0]);
    far = OwnedFd(fds[1]);
  }
  void send_here() const { EXPECT_EQ(::write(far.get(), "x", 1), 1); }
  OwnedFd near, far;
};

// What one callback has seen, and what it should do.
struct Seen {
  std::vector<std::uint32_t> events;
  std::function<void()> then;
  static void note(void* user, std::uint32_t events) {
    auto& seen = *static_cast<Seen*>(user);
    seen.events.push_back(events);
    if (seen.then) seen.then();
  }
};

class ReactorTest : public testing::Test {
 protected:
  void turn() { worker_->run_turn(0); }
  FdToken watch(const Pair& pair, std::uint32_t events, Seen& seen) {
    return worker_->add_fd(pair.near.get(), events, Seen::note, &seen).value();
  }
  std::unique_ptr<Worker> worker_ = Worker::create(0).value();
};

using Events = std::vector<std::uint32_t>;

int far_end = -1;

void send_from_handler(int) {
  [[maybe_unused]] const auto written = ::write(far_end, "x", 1);
}

// As when the process was stopped and goes on.
TEST_F(ReactorTest, AWaitThatASignalEndsHasSeenWhatCameBeforeItsEnd) {
  Pair pair;
  Seen seen;
  watch(pair, fd_read, seen);
  far_end = pair.far.get();
  struct sigaction action = {};
  struct sigaction former = {};
  action.sa_handler = send_from_handler;
  ASSERT_EQ(::sigaction(SIGALRM, &action, &former), 0);
  const itimerval soon{{}, {0, 20'000}};
  ASSERT_EQ(::setitimer(ITIMER_REAL, &soon, nullptr), 0);
  worker_->run_turn(INT64_MAX);
  EXPECT_EQ(seen.events, Events{fd_read});
  ASSERT_EQ(::sigaction(SIGALRM, &former, nullptr), 0);
}

TEST_F(ReactorTest, UnreadInputIsReportedInEveryTurn) {
  Pair pair;
  Seen seen;
  watch(pair, fd_read, seen);
  turn();
  EXPECT_EQ(seen.events, Events{});
  pair.send_here();
  turn();
  turn();
  EXPECT_EQ(seen.events, (Events{fd_read, fd_read}));
}

TEST_F(ReactorTest, OnlyWhatIsAskedForIsReported) {
  Pair pair;
  Seen seen;
  const FdToken token = watch(pair, 0, seen);
  pair.send_here();
  turn();
  EXPECT_EQ(seen.events, Events{});
  ASSERT_TRUE(worker_->modify_fd(token, fd_read | fd_write).ok());
  turn();
  ASSERT_TRUE(worker_->modify_fd(token, fd_write).ok());
  turn();
  EXPECT_EQ(seen.events, (Events{fd_read | fd_write, fd_write}));
}

TEST_F(ReactorTest, HangUpIsReportedWithoutBeingAskedFor) {
  Pair pair;
  Seen seen;
  watch(pair, 0, seen);
  pair.far = OwnedFd();
  turn();
  EXPECT_EQ(seen.events, Events{fd_closed});
}

TEST_F(ReactorTest, RemovedDescriptorIsSilent) {
  Pair pair;
  Seen seen;
  const FdToken token = watch(pair, fd_read, seen);
  pair.send_here();
  worker_->remove_fd(token);
  turn();
  EXPECT_EQ(seen.events, Events{});
  EXPECT_EQ(worker_->modify_fd(token, fd_read).error().code, Errc::not_found);
  worker_->remove_fd(token);  // stale: ignored
}

TEST_F(ReactorTest, EventCollectedBeforeRemoveIsNotDelivered) {
  // Both descriptors are ready in one batch; whichever callback comes first removes the other.
  Pair one, two;
  Seen seen_one, seen_two;
  const FdToken token_one = watch(one, fd_read, seen_one);
  const FdToken token_two = watch(two, fd_read, seen_two);
  seen_one.then = [&] { worker_->remove_fd(token_two); };
  seen_two.then = [&] { worker_->remove_fd(token_one); };
  one.send_here();
  two.send_here();
  turn();
  EXPECT_EQ(seen_one.events.size() + seen_two.events.size(), 1u);
}

TEST_F(ReactorTest, EventOfARemovedDescriptorDoesNotReachTheNextOneInItsPlace) {
  // The callback that comes first removes the other watch and adds one that has the same number and slab
  // place.
  Pair one, two, idle;
  Seen seen_one, seen_two, seen_new;
  const FdToken token_one = watch(one, fd_read, seen_one);
  const FdToken token_two = watch(two, fd_read, seen_two);
  const auto replace = [&](FdToken other, Pair& other_pair) {
    worker_->remove_fd(other);
    ASSERT_GE(::dup2(idle.near.get(), other_pair.near.get()), 0);
    watch(other_pair, fd_read, seen_new);
  };
  seen_one.then = [&] { replace(token_two, two); };
  seen_two.then = [&] { replace(token_one, one); };
  one.send_here();
  two.send_here();
  turn();
  EXPECT_EQ(seen_one.events.size() + seen_two.events.size(), 1u);
  EXPECT_EQ(seen_new.events, Events{});
  seen_one.then = seen_two.then = nullptr;
  turn();
  EXPECT_EQ(seen_new.events, Events{});
  idle.send_here();
  turn();
  EXPECT_EQ(seen_new.events, Events{fd_read});
}

TEST_F(ReactorTest, InterestWithdrawnInTheSameBatchIsNotDelivered) {
  Pair one, two;
  Seen seen_one, seen_two;
  const FdToken token_one = watch(one, fd_read, seen_one);
  const FdToken token_two = watch(two, fd_read, seen_two);
  seen_one.then = [&] { ASSERT_TRUE(worker_->modify_fd(token_two, 0).ok()); };
  seen_two.then = [&] { ASSERT_TRUE(worker_->modify_fd(token_one, 0).ok()); };
  one.send_here();
  two.send_here();
  turn();
  EXPECT_EQ(seen_one.events.size() + seen_two.events.size(), 1u);
}

TEST_F(ReactorTest, CallbackMayRemoveItself) {
  Pair pair;
  Seen seen;
  FdToken token{};
  seen.then = [&] { worker_->remove_fd(token); };
  token = watch(pair, fd_read, seen);
  pair.send_here();
  turn();
  turn();
  EXPECT_EQ(seen.events, Events{fd_read});
}

TEST_F(ReactorTest, TheSameDescriptorTwiceIsRefused) {
  Pair pair;
  Seen seen;
  watch(pair, fd_read, seen);
  const auto again = worker_->add_fd(pair.near.get(), fd_read, Seen::note, &seen);
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code, Errc::exists);
}

TEST_F(ReactorTest, MoreEventsThanOneTurnTakesAreAllServedWithoutSleep) {
  constexpr std::size_t count = 600;
  std::vector<Pair> pairs(count);
  std::size_t served = 0;
  struct Drain {
    int fd;
    std::size_t* served;
    static void read(void* user, std::uint32_t) {
      auto& self = *static_cast<Drain*>(user);
      char byte;
      if (::read(self.fd, &byte, 1) == 1) ++*self.served;
    }
  };
  std::vector<Drain> drains;
  for (auto& pair : pairs) drains.push_back({pair.near.get(), &served});
  for (auto& drain : drains) ASSERT_TRUE(worker_->add_fd(drain.fd, fd_read, Drain::read, &drain).ok());
  for (auto& pair : pairs) pair.send_here();
  turn();
  EXPECT_GT(served, 0u);
  EXPECT_LT(served, count) << "a turn is bounded";
  turn();
  turn();
  EXPECT_EQ(served, count);
}

TEST_F(ReactorTest, TimerFiresInATurnThatWaitsForIt) {
  int fired = 0;
  const auto count = [](void* user) { ++*static_cast<int*>(user); };
  worker_->start_timer(2 * ns_per_ms, count, &fired);
  const TimerToken cancelled = worker_->start_timer(1 * ns_per_ms, count, &fired);
  EXPECT_TRUE(worker_->cancel_timer(cancelled));
  while (fired == 0) worker_->run_turn(INT64_MAX);
  EXPECT_EQ(fired, 1);
  EXPECT_FALSE(worker_->cancel_timer(cancelled));
  EXPECT_EQ(worker_->stats().timers, 1u);
}

TEST_F(ReactorTest, AHorizonIsPassedWhenAllThatWasReadyHasBeenCalledBackFor) {
  constexpr std::size_t more_than_one_turn_takes = 300;
  std::vector<Pair> pairs(more_than_one_turn_takes);
  std::vector<Seen> seen(pairs.size());
  for (std::size_t i = 0; i < pairs.size(); ++i) watch(pairs[i], fd_read, seen[i]);
  Worker::Horizon horizon = worker_->horizon();
  turn();
  EXPECT_TRUE(worker_->has_passed(horizon)) << "nothing was ready";
  for (const Pair& pair : pairs) pair.send_here();
  horizon = worker_->horizon();
  turn();
  EXPECT_FALSE(worker_->has_passed(horizon));
  // They stay ready, and others with them.
  for (int turns = 0; turns < 3 && !worker_->has_passed(horizon); ++turns) turn();
  EXPECT_TRUE(worker_->has_passed(horizon));
  for (const Seen& one : seen) EXPECT_FALSE(one.events.empty());
}

}  // namespace
}  // namespace tenon::runtime
