#include "runtime/control_loop.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <string>
#include <thread>

#include "base/clock.h"

namespace tenon::runtime {
namespace {

class ControlLoopTest : public testing::Test {
 protected:
  std::unique_ptr<ControlLoop> loop_ = ControlLoop::create().value();
};

TEST_F(ControlLoopTest, QuitBeforeRunIsKept) {
  loop_->quit();
  loop_->run();
}

TEST_F(ControlLoopTest, TasksOfAnotherThreadRunInOrderOnThisOne) {
  std::string log;
  const auto here = std::this_thread::get_id();
  std::thread poster([&] {
    for (char c = 'a'; c <= 'e'; ++c) {
      loop_->post(make_task([&, c] {
        EXPECT_EQ(std::this_thread::get_id(), here);
        log.push_back(c);
        if (c == 'e') loop_->quit();
      }));
    }
  });
  loop_->run();
  poster.join();
  EXPECT_EQ(log, "abcde");
}

TEST_F(ControlLoopTest, TerminateStopsAndHangUpReloads) {
  std::string log;
  const auto on_stop = [&] {
    log.push_back('s');
    if (log.size() == 3) loop_->quit();
    ::raise(SIGHUP);
  };
  ASSERT_TRUE(loop_
                  ->watch_signals(on_stop,
                                  [&] {
                                    log.push_back('r');
                                    ::raise(SIGINT);
                                  })
                  .ok());
  ::raise(SIGTERM);
  loop_->run();
  EXPECT_EQ(log.substr(0, 3), "srs");
}

TEST_F(ControlLoopTest, TimersFireInTheOrderOfTheirTimes) {
  struct Mark {
    std::string* log;
    char what;
    ControlLoop* quits;
    static void fire(void* user) {
      auto& mark = *static_cast<Mark*>(user);
      mark.log->push_back(mark.what);
      if (mark.quits) mark.quits->quit();
    }
  };
  std::string log;
  Mark late{&log, 'l', loop_.get()}, early{&log, 'e', nullptr}, never{&log, 'n', nullptr};
  Reactor& reactor = loop_->reactor();
  reactor.start_timer(30 * ns_per_ms, Mark::fire, &late);
  reactor.start_timer(2 * ns_per_ms, Mark::fire, &early);
  EXPECT_TRUE(reactor.cancel_timer(reactor.start_timer(1 * ns_per_ms, Mark::fire, &never)));
  loop_->run();
  EXPECT_EQ(log, "el");
}

TEST_F(ControlLoopTest, DescriptorIsReportedUntilItIsRemoved) {
  struct Watch {
    ControlLoop* loop;
    FdToken token{};
    int calls = 0;
    static void ready(void* user, std::uint32_t events) {
      auto& self = *static_cast<Watch*>(user);
      EXPECT_EQ(events, fd_read);
      if (++self.calls < 3) return;
      self.loop->reactor().remove_fd(self.token);
      self.loop->post(make_task([&self] { self.loop->quit(); }));
    }
  } watch{loop_.get()};
  int fds[2];
  ASSERT_EQ(::pipe(fds), 0);
  ASSERT_EQ(::write(fds[1], "x", 1), 1);
  watch.token = loop_->reactor().add_fd(fds[0], fd_read, Watch::ready, &watch).value();
  loop_->run();
  EXPECT_EQ(watch.calls, 3) << "level-triggered, and silent once removed";
  ::close(fds[0]);
  ::close(fds[1]);
}

}  // namespace
}  // namespace tenon::runtime
