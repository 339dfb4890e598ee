#include "node/service_state.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "support/manual_clock.h"
#include "support/notify_socket.h"
#include "unit/observe/memory_log_output.h"

namespace tenon::node {
namespace {

using Texts = std::vector<std::string>;
using Indexes = std::vector<std::size_t>;

class ServiceStateTest : public testing::Test {
 protected:
  ServiceStateTest() { ::setenv("WATCHDOG_USEC", "20000000", 1); }

  Texts told() const {
    Texts messages;
    for (std::string one = manager_.receive(); !one.empty(); one = manager_.receive())
      messages.push_back(one);
    return messages;
  }
  // The loops that a beat asks.
  Indexes beat(ServiceState& service) {
    Indexes asked;
    service.beat([&](std::size_t index) { asked.push_back(index); });
    return asked;
  }
  // How many records name this loop as silent.
  std::size_t silent_count(const std::string& loop) {
    std::size_t count = 0;
    for (const std::string& line : logged_.all())
      if (line.find("node.loop_silent") != line.npos && line.find("loop=" + loop) != line.npos) ++count;
    return count;
  }

  test::NotifySocket manager_;
  test::ManualClock clock_;
  observe::LoggedLines logged_;
  observe::Log log_{clock_, std::make_unique<observe::MemoryLogOutput>(logged_), {}};
};

TEST_F(ServiceStateTest, TellsEachStateAndALineOnceUntilItChanges) {
  ServiceState service(clock_, log_);
  service.ready("two links");
  service.show("two links");
  service.show("one link");
  service.stopping("one link");
  EXPECT_EQ(told(), (Texts{"READY=1", "STATUS=two links", "STATUS=one link", "STOPPING=1"}));
}

TEST_F(ServiceStateTest, AReloadEndsAsReady) {
  ServiceState service(clock_, log_);
  service.ready("a line");
  told();
  clock_.advance_s(3);
  service.reloading();
  service.reloaded();
  EXPECT_EQ(told(), (Texts{"RELOADING=1\nMONOTONIC_USEC=3000000", "READY=1"}));
}

TEST_F(ServiceStateTest, AReloadBeforeReadyOrWhileStoppingIsNotCalledReady) {
  ServiceState service(clock_, log_);
  service.reloading();
  service.reloaded();
  EXPECT_EQ(told(), Texts{});
  service.ready("a line");
  service.stopping("a line");
  told();
  service.reloading();
  service.reloaded();
  EXPECT_EQ(told(), Texts{});
}

TEST_F(ServiceStateTest, IsAliveWhenAllLoopsHaveAnswered) {
  ServiceState service(clock_, log_);
  service.watch_loops({"one", "two"});
  EXPECT_EQ(beat(service), (Indexes{0, 1}));
  EXPECT_EQ(told(), Texts{"WATCHDOG=1"});

  service.answered(0);
  EXPECT_EQ(beat(service), Indexes{}) << "the second has not answered";
  EXPECT_EQ(told(), Texts{});

  service.answered(1);
  EXPECT_EQ(beat(service), (Indexes{0, 1}));
  EXPECT_EQ(told(), Texts{"WATCHDOG=1"});
}

TEST_F(ServiceStateTest, ALoopThatHangsForHalfTheIntervalIsNamedOnceInTheLog) {
  ServiceState service(clock_, log_);
  service.watch_loops({"one", "two"});
  beat(service);
  service.answered(0);
  clock_.advance_s(9);
  beat(service);
  EXPECT_EQ(silent_count("two"), 0u);
  clock_.advance_s(2);
  beat(service);
  beat(service);
  EXPECT_EQ(silent_count("two"), 1u);
  EXPECT_EQ(silent_count("one"), 0u);
}

TEST_F(ServiceStateTest, BeatsFourTimesInAShortIntervalAndEachSecondInALongOne) {
  EXPECT_EQ(ServiceState(clock_, log_).beat_ns(), ns_per_s);
  ::setenv("WATCHDOG_USEC", "2000000", 1);
  EXPECT_EQ(ServiceState(clock_, log_).beat_ns(), ns_per_s / 2);
  ::unsetenv("WATCHDOG_USEC");
  EXPECT_EQ(ServiceState(clock_, log_).beat_ns(), 0);
}

TEST_F(ServiceStateTest, AManagerThatIsGoneIsReportedOnce) {
  ::setenv("NOTIFY_SOCKET", "/nowhere/at/all", 1);
  ServiceState service(clock_, log_);
  service.ready("a line");
  service.show("another");
  ASSERT_EQ(logged_.all().size(), 1u);
  EXPECT_NE(logged_.all()[0].find("node.notify_failed"), std::string::npos);
}

}  // namespace
}  // namespace tenon::node
