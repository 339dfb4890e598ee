#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <thread>

#include "host/watch/breadcrumb.h"
#include "host/watch/crash_report.h"
#include "host/watch/watchdog.h"

namespace tenon::host {
namespace {

const PluginTag one{"acme", "com.example.acme", "1.2", "/p/auth-acme.so"};
const PluginTag two{"tcp", "org.tenon.tcp", "0.1", "/p/transport-tcp.so"};

const PluginTag* current() {
  return this_thread_breadcrumb().plugin.load();
}

TEST(Breadcrumb, NamesThePluginInsideTheScopeOnly) {
  EXPECT_EQ(current(), nullptr);
  {
    const PluginScope scope(one);
    EXPECT_EQ(current(), &one);
  }
  EXPECT_EQ(current(), nullptr);
}

TEST(Breadcrumb, GoesBackToTheOuterPluginWhenANestedCallReturns) {
  const PluginScope outer(two);
  {
    const CoreScope core;
    EXPECT_EQ(current(), nullptr);
    const PluginScope inner(one);
    EXPECT_EQ(current(), &one);
  }
  EXPECT_EQ(current(), &two);
}

TEST(Breadcrumb, GoesBackWhenACallThrows) {
  try {
    const PluginScope scope(one);
    throw 1;
  } catch (int) {
  }
  EXPECT_EQ(current(), nullptr);
}

TEST(Watchdog, ReportsACallThatLastsOnce) {
  Watchdog dog(2, 100);
  dog.watch(1);
  const PluginScope scope(one);
  EXPECT_TRUE(dog.tick(1'000).empty());
  EXPECT_TRUE(dog.tick(1'099).empty());
  const auto stuck = dog.tick(1'100);
  ASSERT_EQ(stuck.size(), 1u);
  EXPECT_EQ(stuck[0].worker, 1u);
  EXPECT_EQ(stuck[0].instance, "acme");
  EXPECT_EQ(stuck[0].for_ns, 100);
  EXPECT_TRUE(dog.tick(5'000).empty());
  dog.unwatch(1);
}

TEST(Watchdog, ManyShortCallsAreNoLongOne) {
  Watchdog dog(1, 100);
  dog.watch(0);
  for (MonoNs now = 0; now < 1'000; now += 50) {
    const PluginScope scope(one);
    EXPECT_TRUE(dog.tick(now).empty()) << now;
  }
  dog.unwatch(0);
}

TEST(Watchdog, TimeOutsideOfPluginsIsNotTheirs) {
  Watchdog dog(1, 100);
  dog.watch(0);
  EXPECT_TRUE(dog.tick(0).empty());
  EXPECT_TRUE(dog.tick(10'000).empty());
  const PluginScope outer(one);
  const CoreScope core;
  EXPECT_TRUE(dog.tick(20'000).empty());
  EXPECT_TRUE(dog.tick(30'000).empty());
  dog.unwatch(0);
}

TEST(Watchdog, SeesAnotherThread) {
  Watchdog dog(1, 100);
  std::atomic<int> step{0};
  std::thread worker([&] {
    dog.watch(0);
    {
      const PluginScope scope(two);
      step = 1;
      step.notify_all();
      step.wait(1);
    }
    dog.unwatch(0);
  });
  step.wait(0);
  EXPECT_TRUE(dog.tick(0).empty());
  const auto stuck = dog.tick(100);
  ASSERT_EQ(stuck.size(), 1u);
  EXPECT_EQ(stuck[0].instance, "tcp");
  step = 2;
  step.notify_all();
  worker.join();
}

using CrashReportDeathTest = ::testing::Test;

TEST(CrashReportDeathTest, NamesThePluginAndDiesOfTheSignal) {
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT})
    EXPECT_EXIT(
        {
          install_crash_report();
          const PluginScope scope(one);
          ::raise(signal);
        },
        ::testing::KilledBySignal(signal),
        "tenon: FATAL: signal " + std::to_string(signal) +
            " \\(SIG[A-Z]+\\) inside plugin \"acme\" \\(com.example.acme 1.2, /p/auth-acme.so\\)");
}

TEST(CrashReportDeathTest, SaysWhenNoPluginWasRunning) {
  EXPECT_EXIT(
      {
        install_crash_report();
        ::raise(SIGSEGV);
      },
      ::testing::KilledBySignal(SIGSEGV),
      "tenon: FATAL: signal 11 \\(SIGSEGV\\) in the broker, outside of plugins");
}

TEST(CrashReportDeathTest, SaysItOfAnotherThreadToo) {
  EXPECT_EXIT(
      {
        install_crash_report();
        std::thread([] {
          prepare_thread_for_crash_report();
          const PluginScope scope(two);
          ::raise(SIGSEGV);
        }).join();
      },
      ::testing::KilledBySignal(SIGSEGV), "inside plugin \"tcp\"");
}

}  // namespace
}  // namespace tenon::host
