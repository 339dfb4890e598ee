#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <vector>

#include "client.h"
#include "rig.h"

namespace tenon::transport_tcp::testing {
namespace {

constexpr std::int64_t long_ns = 60'000'000'000;

// A port on which nobody listens: bound, so that nobody else takes it meanwhile.
class DeadPort {
 public:
  DeadPort() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(socket_.fd(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  std::uint32_t port() const { return socket_.local_port(); }
  int fd() const { return socket_.fd(); }

 private:
  Client socket_{AF_INET};
};

// A port that neither accepts nor refuses: its backlog is full, so that the system drops what comes.
class SilentPort {
 public:
  SilentPort() {
    EXPECT_EQ(::listen(bound_.fd(), 0), 0);
    for (int i = 0; i < 4; ++i) {
      const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_port = htons(static_cast<std::uint16_t>(bound_.port()));
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      (void)::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address);
      fillers_.push_back(fd);
    }
  }
  ~SilentPort() {
    for (const int fd : fillers_) ::close(fd);
  }
  std::uint32_t port() const { return bound_.port(); }

 private:
  DeadPort bound_;
  std::vector<int> fillers_;
};

TEST(Connect, OpensALinkAndEndsItsOperationAfterwards) {
  Rig rig;
  ASSERT_EQ(rig.listen("127.0.0.1"), TENON_OK);
  ASSERT_EQ(rig.connect("127.0.0.1", rig.port(), long_ns, 1), TENON_PENDING);
  EXPECT_EQ(rig.ended(1), TENON_OK);
  rig.link(1);
  EXPECT_EQ(rig.link_count(), 2u) << "both ends are here";
  TestLink& one = rig.link(0);
  TestLink& other = rig.link(1);
  EXPECT_EQ(one.peer.family, TENON_PEER_IPV4);
  EXPECT_EQ(one.peer.port, other.peer.local_port);
  EXPECT_EQ(one.peer.local_port, other.peer.port);
  rig.send(one, "ping");
  rig.wait_for(other, [](const TestLink& l) { return l.received == "ping"; });
  rig.send(other, "pong");
  rig.wait_for(one, [](const TestLink& l) { return l.received == "pong"; });
}

TEST(Connect, RefusalIsReported) {
  Rig rig;
  const DeadPort nobody;
  const tenon_status status = rig.connect("127.0.0.1", nobody.port(), long_ns, 1);
  if (status == TENON_PENDING) {
    EXPECT_EQ(rig.ended(1), TENON_E_REFUSED);
  } else {
    EXPECT_EQ(status, TENON_E_REFUSED);
  }
  EXPECT_EQ(rig.link_count(), 0u);
}

TEST(Connect, DeadlineEndsAnAttemptThatNobodyAnswers) {
  Rig rig;
  const SilentPort silent;
  ASSERT_EQ(rig.connect("127.0.0.1", silent.port(), 30'000'000, 1), TENON_PENDING);
  EXPECT_EQ(rig.ended(1), TENON_E_TIMEOUT);
}

TEST(Connect, DeadlineInThePastFailsAtOnce) {
  Rig rig;
  EXPECT_EQ(rig.connect("127.0.0.1", 1, -1, 1), TENON_E_TIMEOUT);
}

TEST(Connect, NameIsLookedUpBesideTheWorker) {
  Rig rig;
  ASSERT_EQ(rig.listen("127.0.0.1"), TENON_OK);
  // The first address of localhost may be ::1, where nobody listens: then the next one is tried.
  ASSERT_EQ(rig.connect("localhost", rig.port(), long_ns, 1), TENON_PENDING);
  EXPECT_EQ(rig.ended(1), TENON_OK);
  ASSERT_EQ(rig.connect("localhost", rig.port(), long_ns, 2), TENON_PENDING);
  EXPECT_EQ(rig.ended(2), TENON_OK);
}

TEST(Connect, NameWithoutAddressFails) {
  Rig rig;
  ASSERT_EQ(rig.connect("not a host", 1, long_ns, 1), TENON_PENDING);
  EXPECT_EQ(rig.ended(1), TENON_E_ADDRESS);
}

TEST(Connect, MalformedPathFailsAtOnce) {
  Rig rig;
  EXPECT_EQ(rig.connect("unix:relative", 0, long_ns, 1), TENON_E_ADDRESS);
  EXPECT_EQ(rig.connect("127.0.0.1", 70'000, long_ns, 2), TENON_E_ADDRESS);
}

TEST(Connect, RefusedByTheHostEndsTheOperationWithItsAnswer) {
  Rig rig;
  ASSERT_EQ(rig.listen("127.0.0.1"), TENON_OK);
  rig.open_answer = TENON_E_BUSY;
  ASSERT_EQ(rig.connect("127.0.0.1", rig.port(), long_ns, 1), TENON_PENDING);
  EXPECT_EQ(rig.ended(1), TENON_E_BUSY);
}

TEST(Connect, EndOfTheWorkerCancelsWhatIsUnderWay) {
  Rig rig;
  const SilentPort silent;
  ASSERT_EQ(rig.connect("127.0.0.1", silent.port(), long_ns, 1), TENON_PENDING);
  ASSERT_EQ(rig.connect("localhost", silent.port(), long_ns, 2), TENON_PENDING);
  rig.stop_workers();
  EXPECT_EQ(rig.ended(1), TENON_E_CANCELLED);
  EXPECT_EQ(rig.ended(2), TENON_E_CANCELLED);
}

TEST(Connect, QuiescedPluginOpensNothingNewAndFinishesWhatIsUnderWay) {
  Rig rig;
  const SilentPort silent;
  ASSERT_EQ(rig.connect("127.0.0.1", silent.port(), 50'000'000, 1), TENON_PENDING);
  EXPECT_EQ(rig.quiesce(9), TENON_PENDING);
  EXPECT_EQ(rig.connect("127.0.0.1", silent.port(), long_ns, 2), TENON_E_STATE);
  EXPECT_EQ(rig.ended(1), TENON_E_TIMEOUT);
  EXPECT_EQ(rig.ended(9), TENON_OK);
}

}  // namespace
}  // namespace tenon::transport_tcp::testing
