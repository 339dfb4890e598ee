#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "client.h"
#include "rig.h"

namespace tenon::transport_tcp::testing {
namespace {

std::string pattern(std::size_t bytes) {
  std::string text(bytes, '\0');
  for (std::size_t i = 0; i < bytes; ++i) text[i] = static_cast<char>((i * 131 + i / 251) & 0xFF);
  return text;
}

class LinkTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(rig_.listen("127.0.0.1"), TENON_OK) << rig_.last_error.message; }
  Rig rig_;
};

TEST_F(LinkTest, BytesGoBothWays) {
  rig_.on_new_link([](TestLink& link) { link.echo = true; });
  Client client = Client::tcp(rig_.port());
  client.send("hello");
  EXPECT_EQ(client.receive(5), "hello");
  client.send("again");
  EXPECT_EQ(client.receive(5), "again");
}

TEST_F(LinkTest, HostIsToldWhoIsThere) {
  Client client = Client::tcp(rig_.port());
  const TestLink& link = rig_.link(0);
  EXPECT_EQ(link.peer.family, TENON_PEER_IPV4);
  EXPECT_EQ(link.peer.addr[0], 127);
  EXPECT_EQ(link.peer.addr[3], 1);
  EXPECT_EQ(link.peer.port, client.local_port());
  EXPECT_EQ(link.peer.local_port, rig_.port());
  EXPECT_EQ(link.peer.unix_uid, -1);
}

TEST_F(LinkTest, MuchInputArrivesWholeAndInOrder) {
  Client client = Client::tcp(rig_.port());
  const std::string text = pattern(3 << 20);
  client.send(text);
  TestLink& link = rig_.link(0);
  rig_.wait_for(link, [&](const TestLink& l) { return l.received.size() == text.size(); });
  EXPECT_TRUE(link.received == text);
}

TEST_F(LinkTest, SlowReaderGetsEverythingAndOnWritableComesOncePerBlock) {
  Client client(AF_INET);
  client.set_receive_buffer(4096);
  ASSERT_EQ(client.connect_tcp(rig_.port()), 0);
  TestLink& link = rig_.link(0);
  const std::string text = pattern(8 << 20);
  rig_.send(link, text);
  rig_.host().on_worker(0, [&] { EXPECT_TRUE(link.blocked) << "8 MiB fit into the socket at once"; });
  EXPECT_TRUE(client.receive(text.size()) == text);
  int writable_count = 0;
  rig_.host().note([&] { writable_count = link.writable_count; });
  EXPECT_GT(writable_count, 0);
  rig_.host().on_worker(0, [&] { EXPECT_FALSE(link.blocked); });
}

TEST_F(LinkTest, MoreSpansThanTheSystemTakesAtOnceAreSentInOrder) {
  Client client = Client::tcp(rig_.port());
  TestLink& link = rig_.link(0);
  std::string expected;
  std::vector<std::string> texts;
  for (int i = 0; i < 2500; ++i) texts.push_back(std::to_string(i) + ",");
  std::vector<tenon_bytes> spans;
  for (const auto& text : texts) {
    spans.push_back({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
    if (spans.size() % 100 == 0) spans.push_back({nullptr, 0});
    expected += text;
  }
  std::uint64_t taken = 0;
  rig_.host().on_worker(0, [&] {
    rig_.transport().send_v(link.conn, spans.data(), static_cast<std::uint32_t>(spans.size()), &taken);
  });
  EXPECT_EQ(taken, expected.size());
  EXPECT_EQ(client.receive(expected.size()), expected);
}

TEST_F(LinkTest, EndOfStreamIsReportedAfterAllInput) {
  Client client = Client::tcp(rig_.port());
  const std::string text = pattern(100'000);
  client.send(text);
  client.shutdown_write();
  TestLink& link = rig_.link(0);
  rig_.wait_for(link, [](const TestLink& l) { return l.closed; });
  EXPECT_TRUE(link.received == text);
  EXPECT_EQ(link.why, TENON_E_CLOSED);
  EXPECT_EQ(link.native_errno, 0);
}

TEST_F(LinkTest, ResetIsReportedWithItsErrno) {
  Client client = Client::tcp(rig_.port());
  TestLink& link = rig_.link(0);
  client.reset();
  rig_.wait_for(link, [](const TestLink& l) { return l.closed; });
  EXPECT_EQ(link.why, TENON_E_RESET);
  EXPECT_EQ(link.native_errno, ECONNRESET);
}

TEST_F(LinkTest, ResetIsReportedAlsoWhileReadingIsPaused) {
  Client client = Client::tcp(rig_.port());
  TestLink& link = rig_.link(0);
  rig_.set_reading(link, false);
  client.reset();
  rig_.wait_for(link, [](const TestLink& l) { return l.closed; });
  EXPECT_EQ(link.why, TENON_E_RESET);
}

TEST_F(LinkTest, NothingIsReadFromAgainUntilSetReading) {
  rig_.on_new_link([](TestLink& link) {
    link.space.resize(10);
    link.pause_at_bytes = 10;
  });
  Client client = Client::tcp(rig_.port());
  client.send("0123456789abcdef");
  TestLink& link = rig_.link(0);
  rig_.wait_for(link, [](const TestLink& l) { return l.received.size() == 10; });
  // Turns that another link provokes: the input that waits must not show in them.
  Client other = Client::tcp(rig_.port());
  other.send("x");
  rig_.wait_for(rig_.link(1), [](const TestLink& l) { return l.received == "x"; });
  rig_.host().note([&] { EXPECT_EQ(link.received, "0123456789"); });
  rig_.set_reading(link, true);
  rig_.wait_for(link, [](const TestLink& l) { return l.received == "0123456789abcdef"; });
}

TEST_F(LinkTest, PausedLinkDoesNotKeepTheLoopAwake) {
  Client client = Client::tcp(rig_.port());
  TestLink& link = rig_.link(0);
  rig_.set_reading(link, false);
  client.send("waits");
  client.shutdown_write();
  const auto events = [&] { return rig_.host().group().worker(0).stats().events; };
  const auto before = events();
  for (int i = 0; i < 100; ++i) rig_.host().on_worker(0, [] {});
  EXPECT_LE(events(), before + 1);
  rig_.set_reading(link, true);
  rig_.wait_for(link, [](const TestLink& l) { return l.closed && l.received == "waits"; });
}

TEST_F(LinkTest, FailureOfASendIsReportedLaterAndNotFromInsideIt) {
  Client client = Client::tcp(rig_.port());
  TestLink& link = rig_.link(0);
  std::uint64_t taken = 99;
  rig_.host().on_worker(0, [&] {
    client.reset();  // the worker is here, so that it can't have noticed
    const std::string text = "into the void";
    const tenon_bytes span{reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
    link.calling = true;
    rig_.transport().send_v(link.conn, &span, 1, &taken);
    link.calling = false;
  });
  EXPECT_EQ(taken, 0u);
  rig_.wait_for(link, [](const TestLink& l) { return l.closed; });
  EXPECT_EQ(link.why, TENON_E_RESET);
}

TEST_F(LinkTest, CloseRightAfterAFailedSendIsTheEndOfIt) {
  Client client = Client::tcp(rig_.port());
  TestLink& link = rig_.link(0);
  rig_.host().on_worker(0, [&] {
    client.reset();
    const tenon_bytes span{reinterpret_cast<const std::uint8_t*>("x"), 1};
    std::uint64_t taken = 0;
    rig_.transport().send_v(link.conn, &span, 1, &taken);
    rig_.transport().close(std::exchange(link.conn, nullptr), TENON_CLOSE_FLUSH);
  });
  Client next = Client::tcp(rig_.port());  // takes the same place; a late report would hit it
  next.send("y");
  rig_.wait_for(rig_.link(1), [](const TestLink& l) { return l.received == "y"; });
  rig_.host().note([&] { EXPECT_FALSE(link.closed); });
}

TEST_F(LinkTest, SmallPacketsAreNotHeldBackOnAcceptedLinks) {
  Client client = Client::tcp(rig_.port());
  rig_.link(0);
  int found = 0;
  for (int fd = 3; fd < 1024; ++fd) {
    sockaddr_in peer{};
    socklen_t len = sizeof peer;
    if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &len) != 0) continue;
    if (peer.sin_family != AF_INET || ntohs(peer.sin_port) != client.local_port()) continue;
    int nodelay = 0;
    socklen_t size = sizeof nodelay;
    ASSERT_EQ(::getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &nodelay, &size), 0);
    EXPECT_NE(nodelay, 0);
    ++found;
  }
  EXPECT_EQ(found, 1);
}

TEST_F(LinkTest, RefusedByTheHostMeansClosed) {
  rig_.open_answer = TENON_E_BUSY;
  Client client = Client::tcp(rig_.port());
  EXPECT_EQ(client.receive_all(), "");
  rig_.open_answer = TENON_OK;
  Client next = Client::tcp(rig_.port());
  rig_.link(0);
}

TEST_F(LinkTest, BytesAndConnectionsAreCounted) {
  rig_.on_new_link([](TestLink& link) { link.echo = true; });
  Client client = Client::tcp(rig_.port());
  client.send("12345");
  EXPECT_EQ(client.receive(5), "12345");
  rig_.stop_workers();
  rig_.host().note([&] {
    EXPECT_EQ(rig_.host().counted["accepted_total"], 1);
    EXPECT_EQ(rig_.host().counted["received_bytes_total"], 5);
    EXPECT_EQ(rig_.host().counted["sent_bytes_total"], 5);
  });
}

TEST(Links, AThousandAtOnceAndEachGetsItsOwn) {
  Rig rig({.worker_count = 2});
  rig.on_new_link([](TestLink& link) { link.echo = true; });
  ASSERT_EQ(rig.listen("127.0.0.1"), TENON_OK);
  std::vector<Client> clients;
  for (int i = 0; i < 1000; ++i) clients.push_back(Client::tcp(rig.port()));
  for (std::size_t i = 0; i < clients.size(); ++i) clients[i].send("link " + std::to_string(i));
  for (std::size_t i = 0; i < clients.size(); ++i) {
    const std::string expected = "link " + std::to_string(i);
    ASSERT_EQ(clients[i].receive(expected.size()), expected);
  }
  EXPECT_EQ(rig.link_count(), 1000u);
  for (std::size_t i = 0; i < clients.size(); i += 2) clients[i].close();
  rig.host().wait_until([&] { return rig.closed_count == 500; });
}

}  // namespace
}  // namespace tenon::transport_tcp::testing
