#include <gtest/gtest.h>
#include <sys/socket.h>

#include "client.h"
#include "rig.h"

namespace tenon::transport_tcp::testing {
namespace {

class CloseTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(rig_.listen("127.0.0.1"), TENON_OK) << rig_.last_error.message; }
  Rig rig_;
};

TEST_F(CloseTest, FlushDeliversEverythingEvenWithInputUnread) {
  Client client = Client::tcp(rig_.port());
  TestLink& link = rig_.link(0);
  rig_.set_reading(link, false);
  client.send(std::string(100'000, 'u'));  // would turn a plain close into a reset
  const std::string text(50'000, 'm');
  rig_.host().on_worker(0, [&] {
    link.output = text;
    link.close_when_sent = true;  // in the hook of this turn
  });
  bool reset = true;
  EXPECT_TRUE(client.receive_all(&reset) == text);
  EXPECT_FALSE(reset);
}

TEST_F(CloseTest, CloseWithoutFlushDropsTheLinkAtOnce) {
  Client client = Client::tcp(rig_.port());
  TestLink& link = rig_.link(0);
  rig_.close(link, 0);
  EXPECT_EQ(client.receive_all(), "");
  rig_.host().note([&] { EXPECT_FALSE(link.closed) << "not called after close()"; });
}

TEST_F(CloseTest, ManyLinksClosedInOneTurnHookLeaveTheOthersAlone) {
  rig_.on_new_link([](TestLink& link) { link.echo = true; });
  std::vector<Client> clients;
  for (int i = 0; i < 50; ++i) {
    clients.push_back(Client::tcp(rig_.port()));
    rig_.link(static_cast<std::size_t>(i));
  }
  rig_.host().on_worker(0, [&] {
    for (std::size_t i = 0; i < 50; i += 2) {
      clients[i].send("x");  // an event that this turn collects for a link that it closes
      clients[i + 1].send("y");
    }
    rig_.host().group().worker(0).post(make_task([&] {
      for (std::size_t i = 0; i < 50; i += 2) rig_.link(i).close_when_sent = true;
    }));
  });
  for (std::size_t i = 0; i < 50; i += 2) {
    bool reset = true;
    clients[i].receive_all(&reset);
    EXPECT_FALSE(reset);
    EXPECT_EQ(clients[i + 1].receive(1), "y");
  }
}

TEST_F(CloseTest, QuiesceWaitsForFarewells) {
  Client client = Client::tcp(rig_.port());
  rig_.close(rig_.link(0), TENON_CLOSE_FLUSH);
  EXPECT_EQ(client.receive_all(), "");
  EXPECT_EQ(rig_.quiesce(77), TENON_PENDING) << "the peer has not closed yet";
  rig_.host().note([&] { EXPECT_EQ(rig_.host().ended_ops.count(77), 0u); });
  client.close();
  EXPECT_EQ(rig_.ended(77), TENON_OK);
}

TEST_F(CloseTest, QuiesceEndsAtOnceWhenNothingIsInFlight) {
  Client client = Client::tcp(rig_.port());
  rig_.link(0);
  EXPECT_EQ(rig_.quiesce(78), TENON_OK) << "open links are the host's";
}

TEST_F(CloseTest, PeerThatKeepsTalkingIsCutOff) {
  Client client = Client::tcp(rig_.port());
  rig_.close(rig_.link(0), TENON_CLOSE_FLUSH);
  // Far more than a farewell listens to: at some point the socket is closed and sending fails.
  const std::string noise(1 << 16, 'n');
  bool failed = false;
  for (int i = 0; i < 10'000 && !failed; ++i) {
    failed = ::send(client.fd(), noise.data(), noise.size(), MSG_NOSIGNAL) < 0;
  }
  EXPECT_TRUE(failed);
}

TEST_F(CloseTest, EndOfAWorkerClosesWhatIsOpenWithoutAWord) {
  Client open = Client::tcp(rig_.port());
  Client leaving = Client::tcp(rig_.port());
  rig_.link(0);
  rig_.close(rig_.link(1), TENON_CLOSE_FLUSH);
  rig_.accept_stop();
  rig_.stop_workers();
  EXPECT_EQ(open.receive_all(), "");
  rig_.host().note([&] { EXPECT_EQ(rig_.closed_count, 0); });
}

}  // namespace
}  // namespace tenon::transport_tcp::testing
