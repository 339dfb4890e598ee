#include "runtime/process/service_notify.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "base/clock.h"
#include "support/notify_socket.h"

namespace tenon::runtime {
namespace {

using test::NotifySocket;

TEST(ServiceNotify, SendsOneDatagramPerMessage) {
  const NotifySocket manager;
  ::setenv("WATCHDOG_USEC", "3000000", 1);
  ServiceNotify notify;
  EXPECT_TRUE(notify.present());
  EXPECT_EQ(notify.watchdog_ns(), 3 * ns_per_s);
  ASSERT_TRUE(notify.ready().ok());
  EXPECT_EQ(manager.receive(), "READY=1");
  ASSERT_TRUE(notify.watchdog().ok());
  EXPECT_EQ(manager.receive(), "WATCHDOG=1");
  ASSERT_TRUE(notify.reloading(1'234'567'890).ok());
  EXPECT_EQ(manager.receive(), "RELOADING=1\nMONOTONIC_USEC=1234567");
  ASSERT_TRUE(notify.status("two\nlines").ok());
  EXPECT_EQ(manager.receive(), "STATUS=two lines");
  ASSERT_TRUE(notify.stopping().ok());
  EXPECT_EQ(manager.receive(), "STOPPING=1");
}

TEST(ServiceNotify, FindsAManagerInTheAbstractNameSpace) {
  const NotifySocket manager(true);
  ServiceNotify notify;
  ASSERT_TRUE(notify.ready().ok());
  EXPECT_EQ(manager.receive(), "READY=1");
}

TEST(ServiceNotify, TheWatchdogOfAnotherProcessIsNotOurs) {
  const NotifySocket manager;
  ::setenv("WATCHDOG_USEC", "3000000", 1);
  ::setenv("WATCHDOG_PID", "1", 1);
  EXPECT_EQ(ServiceNotify().watchdog_ns(), 0);
  ::unsetenv("WATCHDOG_PID");
}

TEST(ServiceNotify, WithoutAManagerNothingHappens) {
  ::unsetenv("NOTIFY_SOCKET");
  ServiceNotify notify;
  EXPECT_FALSE(notify.present());
  EXPECT_TRUE(notify.ready().ok());
  EXPECT_EQ(notify.watchdog_ns(), 0);
}

TEST(ServiceNotify, ManagerThatIsGoneIsAnError) {
  ::setenv("NOTIFY_SOCKET", (testing::TempDir() + "tenon-notify-gone").c_str(), 1);
  ServiceNotify notify;
  EXPECT_EQ(notify.ready().error().code, Errc::not_found);
  ::unsetenv("NOTIFY_SOCKET");
}

}  // namespace
}  // namespace tenon::runtime
