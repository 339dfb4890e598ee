#include "runtime/service_notify.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>

#include "base/clock.h"
#include "runtime/owned_fd.h"

namespace tenon::runtime {
namespace {

// A service manager's end of the notification socket, named in the environment for as long as it lives.
class Manager {
 public:
  Manager() : path_(testing::TempDir() + "tenon-notify-" + std::to_string(::getpid())) {
    ::unlink(path_.c_str());
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ::setenv("NOTIFY_SOCKET", path_.c_str(), 1);
  }
  ~Manager() {
    ::unsetenv("NOTIFY_SOCKET");
    ::unsetenv("WATCHDOG_USEC");
    ::unlink(path_.c_str());
  }
  std::string receive() const {
    char buffer[256];
    const ssize_t got = ::recv(socket_.get(), buffer, sizeof buffer, MSG_DONTWAIT);
    return got < 0 ? "" : std::string(buffer, static_cast<std::size_t>(got));
  }

 private:
  std::string path_;
  OwnedFd socket_{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
};

TEST(ServiceNotify, SendsOneDatagramPerMessage) {
  const Manager manager;
  ::setenv("WATCHDOG_USEC", "3000000", 1);
  ServiceNotify notify;
  EXPECT_TRUE(notify.present());
  EXPECT_EQ(notify.watchdog_ns(), 3 * ns_per_s);
  ASSERT_TRUE(notify.ready().ok());
  EXPECT_EQ(manager.receive(), "READY=1");
  ASSERT_TRUE(notify.watchdog().ok());
  EXPECT_EQ(manager.receive(), "WATCHDOG=1");
  ASSERT_TRUE(notify.status("two\nlines").ok());
  EXPECT_EQ(manager.receive(), "STATUS=two lines");
  ASSERT_TRUE(notify.stopping().ok());
  EXPECT_EQ(manager.receive(), "STOPPING=1");
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
