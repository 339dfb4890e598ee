#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <set>
#include <string_view>

#include "client.h"
#include "rig.h"

namespace tenon::transport_tcp::testing {
namespace {

bool has_ipv6() {
  return Client(AF_INET6).connect_tcp6(1) == ECONNREFUSED;
}

TEST(Listen, AddressInUseIsRefusedByNameAndReasonDespiteSharedPorts) {
  Rig first({.worker_count = 2}), second({.worker_count = 2});
  ASSERT_EQ(first.listen("127.0.0.1"), TENON_OK);
  EXPECT_EQ(second.listen("127.0.0.1", first.port()), TENON_E_ADDRESS);
  const std::string_view message = second.last_error.message;
  EXPECT_NE(message.find("127.0.0.1 port " + std::to_string(first.port())), message.npos) << message;
  EXPECT_NE(message.find("in use"), message.npos) << message;
  EXPECT_EQ(second.last_error.native_errno, EADDRINUSE);
}

TEST(Listen, AddressThatIsNotOursIsRefused) {
  Rig rig;
  EXPECT_EQ(rig.listen("192.0.2.1"), TENON_E_ADDRESS);
  EXPECT_EQ(rig.listen("not a host"), TENON_E_ADDRESS);
  EXPECT_NE(std::string_view(rig.last_error.message).find("not a host"), std::string_view::npos);
  EXPECT_EQ(rig.listen("127.0.0.1", 70'000), TENON_E_ADDRESS);
}

TEST(Listen, PortIsFreeAgainAfterClose) {
  Rig rig;
  ASSERT_EQ(rig.listen("127.0.0.1"), TENON_OK);
  const std::uint32_t port = rig.port();
  Client client = Client::tcp(port);
  rig.close(rig.link(0), 0);
  rig.listener_close();
  EXPECT_EQ(Client(AF_INET).connect_tcp(port), ECONNREFUSED);
  EXPECT_EQ(rig.listen("127.0.0.1", port), TENON_OK) << rig.last_error.message;
}

TEST(Listen, OpenLinksStayWhenTheListenerCloses) {
  Rig rig;
  rig.on_new_link([](TestLink& link) { link.echo = true; });
  ASSERT_EQ(rig.listen("127.0.0.1"), TENON_OK);
  Client client = Client::tcp(rig.port());
  rig.link(0);
  rig.listener_close();
  client.send("still here");
  EXPECT_EQ(client.receive(10), "still here");
}

TEST(Listen, StopAcceptsWhatWaitsFirstAndMayBeStartedAgain) {
  Rig rig;
  ASSERT_EQ(rig.listen("127.0.0.1"), TENON_OK);
  std::vector<Client> waiting;
  rig.host().on_worker(0, [&] {
    for (int i = 0; i < 100; ++i) waiting.push_back(Client::tcp(rig.port()));
    rig.host().group().worker(0).post(make_task([] {}));
  });
  rig.accept_stop();
  EXPECT_EQ(rig.link_count(), 100u);
  rig.accept_start();
  Client late = Client::tcp(rig.port());
  rig.link(100);
}

TEST(Listen, ConnectionsAreSpreadOverTheWorkers) {
  Rig rig({.worker_count = 2});
  ASSERT_EQ(rig.listen("127.0.0.1"), TENON_OK);
  std::vector<Client> clients;
  std::set<std::uint32_t> workers;
  for (std::size_t i = 0; i < 64; ++i) {
    clients.push_back(Client::tcp(rig.port()));
    workers.insert(rig.link(i).worker);
  }
  EXPECT_EQ(workers.size(), 2u);
}

TEST(Listen, OneSocketForAllWorkersWorksToo) {
  Rig rig({.worker_count = 2, .options = {{"reuse_port", false}}});
  rig.on_new_link([](TestLink& link) { link.echo = true; });
  ASSERT_EQ(rig.listen("127.0.0.1"), TENON_OK);
  for (int i = 0; i < 20; ++i) {
    Client client = Client::tcp(rig.port());
    client.send("x");
    EXPECT_EQ(client.receive(1), "x");
  }
}

TEST(Listen, StarTakesBothFamiliesAndIpv4ClientsCountAsIpv4) {
  Rig rig;
  ASSERT_EQ(rig.listen("*"), TENON_OK) << rig.last_error.message;
  Client four = Client::tcp(rig.port());
  EXPECT_EQ(rig.link(0).peer.family, TENON_PEER_IPV4);
  EXPECT_EQ(rig.link(0).peer.addr[0], 127);
  if (!has_ipv6()) GTEST_SKIP() << "no IPv6 here";
  Client six = Client::tcp6(rig.port());
  EXPECT_EQ(rig.link(1).peer.family, TENON_PEER_IPV6);
  EXPECT_EQ(rig.link(1).peer.addr[15], 1);
}

TEST(Listen, Ipv6IsItselfAlone) {
  if (!has_ipv6()) GTEST_SKIP() << "no IPv6 here";
  Rig rig;
  rig.on_new_link([](TestLink& link) { link.echo = true; });
  ASSERT_EQ(rig.listen("::"), TENON_OK) << rig.last_error.message;
  EXPECT_EQ(Client(AF_INET).connect_tcp(rig.port()), ECONNREFUSED);
  Client client = Client::tcp6(rig.port());
  client.send("six");
  EXPECT_EQ(client.receive(3), "six");
}

TEST(Listen, NameStandsForAllItsAddresses) {
  Rig rig;
  ASSERT_EQ(rig.listen("localhost"), TENON_OK) << rig.last_error.message;
  Client client = Client::tcp(rig.port());
  rig.link(0);
}

// Leaves no descriptor free for as long as it lives.
class NoFreeDescriptors {
 public:
  NoFreeDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const int lowest_free = ::dup(0);
    ::close(lowest_free);
    rlimit low = before_;
    low.rlim_cur = static_cast<rlim_t>(lowest_free);
    ::setrlimit(RLIMIT_NOFILE, &low);
  }
  ~NoFreeDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_;
};

TEST(Listen, WithoutFreeDescriptorsItWaitsSaysSoOnceAndGoesOn) {
  Rig rig;
  ASSERT_EQ(rig.listen("127.0.0.1"), TENON_OK);
  Client one(AF_INET), two(AF_INET);
  {
    const NoFreeDescriptors none;
    ASSERT_EQ(one.connect_tcp(rig.port()), 0);
    ASSERT_EQ(two.connect_tcp(rig.port()), 0);
    rig.host().wait_until([&] { return !rig.host().logged.empty(); });
    const auto before = rig.host().group().worker(0).stats().events;
    for (int i = 0; i < 100; ++i) rig.host().on_worker(0, [] {});
    EXPECT_LE(rig.host().group().worker(0).stats().events, before + 1) << "the loop spins";
    EXPECT_EQ(rig.link_count(), 0u);
  }
  rig.link(1);
  rig.host().note([&] { EXPECT_EQ(rig.host().logged, std::vector<std::string>{"transport.accept_paused"}); });
}

}  // namespace
}  // namespace tenon::transport_tcp::testing
