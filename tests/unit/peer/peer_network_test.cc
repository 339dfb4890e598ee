#include "peer/peer_network.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <mutex>
#include <thread>

#include "cluster/lanes/lane_plan.h"
#include "rig.h"

namespace tenon::peer {
namespace {

using test::Notes;
using test::TestNode;
using Options = TestNode::Options;

TEST(PeerNetwork, TwoNodesLinkOverRealSocketsAndTalkBothWays) {
  Notes notes;
  TestNode a(notes, Options{.id = 1, .token = "secret"});
  TestNode b(notes, Options{.id = 2, .token = "secret", .seeds = {a.address()}});
  ASSERT_TRUE(notes.wait_until([&] { return a.up.contains(b.id()) && b.up.contains(a.id()); }));
  EXPECT_TRUE(notes.wait_until([&] { return a.abilities[b.id()] == "abilities of 2"; }));
  a.network().send(b.id(), Lane::requests, 3, "from a");
  b.network().send(a.id(), Lane::requests, 4, "from b");
  ASSERT_TRUE(notes.wait_until([&] { return !a.received.empty() && !b.received.empty(); }));
  notes.note([&] {
    EXPECT_EQ(b.received[a.id()], std::vector<std::string>{"3:from a"});
    EXPECT_EQ(a.received[b.id()], std::vector<std::string>{"4:from b"});
    EXPECT_EQ(a.known[b.id()], b.address());
  });
  EXPECT_EQ(a.metric("tenon_peer_links"), 1);
}

TEST(PeerNetwork, ThreeNodesWithOneSeedLinkEachWithEach) {
  Notes notes;
  TestNode a(notes, Options{.id = 1});
  TestNode b(notes, Options{.id = 2, .seeds = {a.address()}});
  TestNode c(notes, Options{.id = 3, .seeds = {a.address()}});
  EXPECT_TRUE(notes.wait_until([&] { return a.up.size() == 2 && b.up.size() == 2 && c.up.size() == 2; }));
}

TEST(PeerNetwork, NodesThatAreEachOthersSeedsEndWithOneLinkEach) {
  Notes notes;
  TestNode a(notes, Options{.id = 1});
  TestNode b(notes, Options{.id = 2, .seeds = {a.address()}});
  a.network().add_node(b.id(), b.address());
  ASSERT_TRUE(notes.wait_until([&] { return a.up.contains(b.id()) && b.up.contains(a.id()); }));
  a.network().send(b.id(), Lane::requests, 1, "still there");
  EXPECT_TRUE(notes.wait_until([&] { return b.received[a.id()].size() == 1; }));
  EXPECT_EQ(b.metric("tenon_peer_links"), 1);
}

TEST(PeerNetwork, MessagesOfManyThreadsArriveOnceAndInTheOrderOfEach) {
  constexpr int threads_count = 4;
  constexpr int messages_count = 2000;
  Notes notes;
  TestNode a(notes, Options{.id = 1});
  TestNode b(notes, Options{.id = 2, .seeds = {a.address()}});
  ASSERT_TRUE(notes.wait_until([&] { return a.up.contains(b.id()); }));
  std::vector<std::thread> threads;
  for (int t = 0; t < threads_count; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < messages_count; ++i)
        a.network().send(b.id(), Lane::requests, static_cast<std::uint8_t>(t),
                         std::to_string(i) + std::string(i % 7 * 1500, 'x'));
    });
  for (std::thread& thread : threads) thread.join();
  ASSERT_TRUE(notes.wait_until([&] { return b.received[a.id()].size() == threads_count * messages_count; }));
  notes.note([&] {
    int next[threads_count] = {};
    for (const std::string& message : b.received[a.id()]) {
      const int thread = message[0] - '0';
      EXPECT_EQ(std::stoi(message.substr(2)), next[thread]++);
    }
  });
}

TEST(PeerNetwork, LargeMessagesPassWhole) {
  Notes notes;
  TestNode a(notes, Options{.id = 1});
  TestNode b(notes, Options{.id = 2, .seeds = {a.address()}});
  ASSERT_TRUE(notes.wait_until([&] { return a.up.contains(b.id()); }));
  const std::string large(8u << 20, 'L');
  a.network().send(b.id(), Lane::requests, 1, std::string(large));
  a.network().send(b.id(), Lane::requests, 2, "behind it");
  ASSERT_TRUE(notes.wait_until([&] { return b.received[a.id()].size() == 2; }));
  notes.note([&] { EXPECT_TRUE(b.received[a.id()][0] == "1:" + large); });
}

TEST(PeerNetwork, AKilledNodeIsDownAndItsNextStartIsUp) {
  Notes notes;
  TestNode a(notes, Options{.id = 1});
  auto b = std::make_unique<TestNode>(notes, Options{.id = 2, .seeds = {a.address()}});
  ASSERT_TRUE(notes.wait_until([&] { return a.up.contains(NodeId{2}); }));
  b->kill();
  ASSERT_TRUE(notes.wait_until([&] { return a.up.empty(); }));
  notes.note([&] { EXPECT_EQ(a.downs, std::vector{LinkEnd::lost}); });
  TestNode again(notes, Options{.id = 2, .incarnation = 2, .seeds = {a.address()}});
  EXPECT_TRUE(notes.wait_until([&] { return a.up.contains(NodeId{2}) && again.up.contains(a.id()); }));
}

TEST(PeerNetwork, ANodeThatStopsIsSeenToLeave) {
  Notes notes;
  TestNode a(notes, Options{.id = 1});
  TestNode b(notes, Options{.id = 2, .seeds = {a.address()}});
  ASSERT_TRUE(notes.wait_until([&] { return a.up.contains(b.id()); }));
  b.stop();
  ASSERT_TRUE(notes.wait_until([&] { return a.up.empty(); }));
  notes.note([&] { EXPECT_EQ(a.downs, std::vector{LinkEnd::leaving}); });
}

// A node whose link to another one, which stands still, can take no more.
void fill_link(TestNode& node, TestNode& other) {
  other.freeze();
  for (int i = 0; i < 16; ++i) node.network().send(other.id(), Lane::requests, 1, std::string(2u << 20, 'x'));
  while (node.metric("tenon_peer_lane_queue_bytes", "requests") < 8u << 20)
    node.group().run_on_each([](runtime::Worker&) {});
}

TEST(PeerNetwork, ANodeThatStopsWhileItsLinkIsFullIsSeenToLeave) {
  Notes notes;
  TestNode a(notes, Options{.id = 1, .silence_ns = 10 * ns_per_s});
  TestNode b(notes, Options{.id = 2, .seeds = {a.address()}, .silence_ns = 10 * ns_per_s});
  ASSERT_TRUE(notes.wait_until([&] { return a.up.contains(b.id()) && b.up.contains(a.id()); }));
  fill_link(b, a);
  b.group().run_on_each([&](runtime::Worker&) { b.network().say_goodbye(); });
  EXPECT_FALSE(b.network().has_said_goodbye());
  a.thaw();
  b.say_goodbye();
  b.stop();
  ASSERT_TRUE(notes.wait_until([&] { return a.up.empty(); }));
  notes.note([&] { EXPECT_EQ(a.downs, std::vector{LinkEnd::leaving}); });
}

TEST(PeerNetwork, AStopWaitsForNoNodeThatStandsStillForLong) {
  Notes notes;
  TestNode a(notes, Options{.id = 1, .silence_ns = 10 * ns_per_s});
  TestNode b(notes, Options{.id = 2, .seeds = {a.address()}, .silence_ns = 10 * ns_per_s});
  ASSERT_TRUE(notes.wait_until([&] { return a.up.contains(b.id()) && b.up.contains(a.id()); }));
  fill_link(b, a);
  b.say_goodbye();
  b.stop();
  a.thaw();
  EXPECT_TRUE(notes.wait_until([&] { return a.up.empty(); }));
}

TEST(PeerNetwork, ASilentNodeIsDownThoughItsConnectionStaysAndIsBackWhenItIsHeardAgain) {
  Notes notes;
  TestNode a(notes, Options{.id = 1, .silence_ns = ns_per_s});
  TestNode b(notes, Options{.id = 2, .seeds = {a.address()}, .silence_ns = ns_per_s});
  TestNode c(notes, Options{.id = 3, .seeds = {a.address()}, .silence_ns = ns_per_s});
  ASSERT_TRUE(notes.wait_until([&] { return a.up.size() == 2 && b.up.size() == 2 && c.up.size() == 2; }));
  b.freeze();
  ASSERT_TRUE(notes.wait_until([&] { return !a.up.contains(b.id()) && !c.up.contains(b.id()); }));
  notes.note([&] {
    EXPECT_EQ(a.downs.front(), LinkEnd::silent);
    EXPECT_EQ(c.downs.front(), LinkEnd::silent);
  });
  b.thaw();
  EXPECT_TRUE(notes.wait_until([&] { return a.up.size() == 2 && b.up.size() == 2 && c.up.size() == 2; }));
}

TEST(PeerNetwork, ANodeThatReadsNothingCostsNoMoreThanTheLimit) {
  Notes notes;
  // Long enough to be no silence while the test sends.
  TestNode a(notes, Options{.id = 1, .link_queue_bytes_max = 1u << 20, .silence_ns = 60 * ns_per_s});
  TestNode b(notes, Options{.id = 2, .seeds = {a.address()}, .silence_ns = 60 * ns_per_s});
  ASSERT_TRUE(notes.wait_until([&] { return a.up.contains(b.id()); }));
  b.freeze();
  int sent_count = 0;
  while (a.metric("tenon_peer_dropped_messages_total", "queue_full") == 0 && sent_count < 100'000) {
    a.network().send(b.id(), Lane::requests, 1, std::string(1 << 16, 'x'));
    ++sent_count;
    // One message more on the worker's side of the hand-over, so that the link's limit is the one that is
    // met.
    a.group().run_on_each([](runtime::Worker&) {});
  }
  const double dropped = a.metric("tenon_peer_dropped_messages_total", "queue_full");
  EXPECT_GT(dropped, 0);
  b.thaw();
  const auto arrived = static_cast<std::size_t>(sent_count - dropped);
  EXPECT_TRUE(notes.wait_until([&] { return b.received[a.id()].size() == arrived; }));
}

TEST(PeerNetwork, ALinkThatIsNotReadIsCongestedBeforeAnythingIsDroppedAndNoOtherIs) {
  Notes notes;
  TestNode a(notes, Options{.id = 1, .link_queue_bytes_max = 4u << 20, .silence_ns = 60 * ns_per_s});
  TestNode b(notes, Options{.id = 2, .seeds = {a.address()}, .silence_ns = 60 * ns_per_s});
  TestNode c(notes, Options{.id = 3, .seeds = {a.address()}, .silence_ns = 60 * ns_per_s});
  ASSERT_TRUE(notes.wait_until([&] { return a.up.size() == 2; }));
  EXPECT_FALSE(a.network().congested(b.id()));
  b.freeze();
  std::size_t sent_count = 0;
  while (!a.network().congested(b.id()) && sent_count < 100'000) {
    a.network().send(b.id(), Lane::requests, 1, std::string(1 << 16, 'x'));
    ++sent_count;
    a.group().run_on_each([](runtime::Worker&) {});
  }
  EXPECT_TRUE(a.network().congested(b.id()));
  EXPECT_TRUE(a.network().congested());
  EXPECT_FALSE(a.network().congested(c.id())) << "what is for it alone can go on";
  EXPECT_EQ(a.metric("tenon_peer_dropped_messages_total"), 0);
  b.thaw();
  ASSERT_TRUE(notes.wait_until([&] { return b.received[a.id()].size() == sent_count; }));
  while (a.network().congested(b.id())) a.group().run_on_each([](runtime::Worker&) {});
}

TEST(PeerNetwork, DeliveriesThatAreNotWorkedOffHoldBackDeliveriesAndNothingElse) {
  Notes notes;
  TestNode a(notes, Options{.id = 1, .link_queue_bytes_max = 8u << 20});
  TestNode b(notes, Options{.id = 2, .seeds = {a.address()}, .works_off = false});
  ASSERT_TRUE(notes.wait_until([&] { return a.up.contains(b.id()); }));
  constexpr std::size_t count = 60;
  for (std::size_t i = 0; i < count; ++i)
    a.network().send(b.id(), Lane::deliveries, 4, std::string(100'000, 'd'));
  ASSERT_TRUE(notes.wait_until([&] { return a.pressures[b.id()] == Pressure::full; }));
  a.network().send(b.id(), Lane::groups, 2, "heartbeat");
  const auto has_heartbeat = [&] { return std::ranges::count(b.received[a.id()], "2:heartbeat") == 1; };
  ASSERT_TRUE(notes.wait_until(has_heartbeat));
  notes.note([&] { EXPECT_LE(b.received[a.id()].size(), cluster::lane_window_bytes / 100'000 + 1); });
  EXPECT_EQ(a.metric("tenon_peer_dropped_messages_total"), 0);
  while (a.metric("tenon_peer_lane_stalls_total", "deliveries") == 0)
    a.group().run_on_each([](runtime::Worker&) {});
  EXPECT_GT(a.metric("tenon_peer_lane_queue_bytes", "deliveries"), 1u << 20);
  EXPECT_EQ(a.metric("tenon_peer_lane_queue_bytes", "groups"), 0);
  // As it works, the rest comes.
  std::size_t seen = 0;
  while (seen < count + 1) {
    b.work_off();
    ASSERT_TRUE(notes.wait_until([&] { return b.received[a.id()].size() > seen; }));
    notes.note([&] { seen = b.received[a.id()].size(); });
  }
  ASSERT_TRUE(notes.wait_until([&] { return a.pressures[b.id()] == Pressure::none; }));
}

TEST(PeerNetwork, NodesOfTheReleaseBeforeAndThisOneTalkBothWays) {
  Notes notes;
  TestNode old(notes, Options{.id = 1, .version_max = 1});
  TestNode fresh(notes, Options{.id = 2, .seeds = {old.address()}});
  TestNode fresher(notes, Options{.id = 3, .seeds = {old.address()}});
  ASSERT_TRUE(notes.wait_until([&] { return old.up.size() == 2 && fresh.up.size() == 2; }));
  const std::string large(3u << 20, 'L');
  for (TestNode* other : {&fresh, &fresher}) {
    for (const Lane lane : {Lane::groups, Lane::requests, Lane::deliveries, Lane::snapshots}) {
      old.network().send(other->id(), lane, 1, std::string(large));
      other->network().send(old.id(), lane, 1, std::string(large));
    }
    ASSERT_TRUE(notes.wait_until([&] { return other->received[old.id()].size() == 4; }));
    ASSERT_TRUE(notes.wait_until([&] { return old.received[other->id()].size() == 4; }));
  }
  fresh.network().send(fresher.id(), Lane::deliveries, 1, std::string(large));
  ASSERT_TRUE(notes.wait_until([&] { return fresher.received[fresh.id()].size() == 1; }));
  notes.note([&] { EXPECT_TRUE(fresher.received[fresh.id()][0] == "1:" + large); });
}

TEST(PeerNetwork, AStrangerIsRefusedAndCounted) {
  Notes notes;
  TestNode a(notes, Options{.id = 1, .token = "secret"});
  TestNode guess(notes, Options{.id = 2, .token = "guess", .seeds = {a.address()}});
  TestNode staging(notes, Options{.id = 3, .env = "staging", .token = "secret", .seeds = {a.address()}});
  TestNode friendly(notes, Options{.id = 4, .token = "secret", .seeds = {a.address()}});
  ASSERT_TRUE(notes.wait_until([&] { return a.up.contains(friendly.id()); }));
  while (a.metric("tenon_peer_refused_links_total", "token") == 0 ||
         a.metric("tenon_peer_refused_links_total", "environment") == 0)
    a.group().run_on_each([](runtime::Worker&) {});
  notes.note([&] {
    EXPECT_TRUE(guess.up.empty() && staging.up.empty());
    EXPECT_EQ(a.up, std::set{friendly.id()});
  });
}

// Keeps a port of the loopback for nodes of the test: who dials it while none of them runs is refused.
class HeldPort {
 public:
  HeldPort() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const int on = 1;
    ::setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    number_ = ntohs(address.sin_port);
  }
  ~HeldPort() { ::close(socket_); }
  std::uint16_t number() const { return number_; }

 private:
  const int socket_;
  std::uint16_t number_ = 0;
};

// It is no proof any more that the node is lost.
TEST(PeerNetwork, ThatAHostRefusedIsOverWhenSomebodyListensThereAgainThoughNoLinkComesOfIt) {
  Notes notes;
  const HeldPort port;
  TestNode a(notes, Options{.id = 1, .token = "secret"});
  auto b = std::make_unique<TestNode>(
      notes, Options{.id = 2, .token = "secret", .port = port.number(), .seeds = {a.address()}});
  ASSERT_TRUE(notes.wait_until([&] { return a.up.contains(NodeId{2}); }));
  b.reset();
  ASSERT_TRUE(notes.wait_until([&] { return a.refusals[NodeId{2}]; }));
  TestNode other(notes, Options{.id = 2, .incarnation = 2, .token = "another", .port = port.number()});
  EXPECT_TRUE(notes.wait_until([&] { return !a.refusals[NodeId{2}]; }));
}

TEST(PeerNetwork, TwoProcessesWithOneIdHearOfEachOtherAndAreNotLinked) {
  Notes notes;
  TestNode a(notes, Options{.id = 1, .token = "secret"});
  TestNode copy(notes, Options{.id = 1, .token = "secret", .seeds = {a.address()}});
  ASSERT_TRUE(notes.wait_until([&] { return !a.twins.empty() && !copy.twins.empty(); }));
  notes.note([&] {
    EXPECT_EQ(a.twins, std::set{copy.address()});
    EXPECT_EQ(copy.twins, std::set{a.address()});
    EXPECT_TRUE(a.up.empty() && copy.up.empty());
  });
  EXPECT_GT(a.metric("tenon_peer_refused_links_total", "twin"), 0);
}

TEST(PeerNetwork, WhatIsSentToNobodyIsDroppedAndCounted) {
  Notes notes;
  TestNode a(notes, Options{.id = 1});
  a.network().send(NodeId{9}, Lane::requests, 1, "lost");
  a.group().run_on_each([](runtime::Worker&) {});
  EXPECT_EQ(a.metric("tenon_peer_dropped_messages_total", "no_link"), 1);
}

// Says of each name what a test has told it.
class ToldNames final : public NameSource {
 public:
  Result<std::set<Endpoint>> look_up(const Endpoint& name) override {
    const std::lock_guard lock(mutex_);
    ++lookup_count;
    const auto known = names_.find(name);
    if (known == names_.end()) return Error{Errc::not_found, name.text() + ": not known"};
    return known->second;
  }
  void tell(const Endpoint& name, std::set<Endpoint> addresses) {
    const std::lock_guard lock(mutex_);
    names_[name] = std::move(addresses);
  }
  std::atomic<int> lookup_count = 0;

 private:
  std::mutex mutex_;
  std::map<Endpoint, std::set<Endpoint>> names_;
};

TEST(PeerNetwork, EachAddressOfANameIsASeedOnceSomebodyKnowsThem) {
  Notes notes;
  const Endpoint name{"nodes.example", 7883};
  const auto names = std::make_shared<ToldNames>();
  TestNode a(notes, Options{.id = 1, .seeds = {name}, .names = names});
  TestNode b(notes, Options{.id = 2, .seeds = {name}, .names = names});
  TestNode c(notes, Options{.id = 3, .seeds = {name}, .names = names});
  while (names->lookup_count < 6) std::this_thread::yield();
  notes.note([&] { EXPECT_TRUE(a.up.empty() && b.up.empty() && c.up.empty()); });
  names->tell(name, {a.address(), b.address(), c.address()});
  EXPECT_TRUE(notes.wait_until([&] { return a.up.size() == 2 && b.up.size() == 2 && c.up.size() == 2; }));
}

// A resolver that answers when a test says so.
class HangingNames final : public NameSource {
 public:
  explicit HangingNames(std::shared_future<void> until) : until_(std::move(until)) {}
  Result<std::set<Endpoint>> look_up(const Endpoint& name) override {
    ++lookup_count;
    until_.wait();
    return Error{Errc::io, name.text() + ": nobody answers"};
  }
  std::atomic<int> lookup_count = 0;

 private:
  const std::shared_future<void> until_;
};

TEST(PeerNetwork, AStopWaitsForNoResolver) {
  Notes notes;
  std::promise<void> answer;
  auto names = std::make_shared<HangingNames>(answer.get_future().share());
  const std::weak_ptr<HangingNames> lookup = names;
  {
    TestNode a(notes, Options{.id = 1, .seeds = {{"one.example", 1}, {"two.example", 1}}, .names = names});
    while (names->lookup_count < 2) std::this_thread::yield();
    a.stop();
  }
  names.reset();
  EXPECT_FALSE(lookup.expired()) << "they are under way still";
  answer.set_value();
  while (!lookup.expired()) std::this_thread::yield();
}

TEST(PeerNetwork, TheSystemsResolverFindsThisMachine) {
  Notes notes;
  TestNode a(notes, Options{.id = 1});
  TestNode b(notes, Options{.id = 2, .seeds = {{"localhost", a.address().port}}});
  EXPECT_TRUE(notes.wait_until([&] { return a.up.contains(b.id()) && b.up.contains(a.id()); }));
}

TEST(PeerNetwork, WhoIsSilentForAllIsGoneForTheHandlerAndShownSo) {
  Notes notes;
  TestNode a(notes, Options{.id = 1, .silence_ns = ns_per_s});
  TestNode b(notes, Options{.id = 2, .seeds = {a.address()}, .silence_ns = ns_per_s});
  TestNode c(notes, Options{.id = 3, .seeds = {a.address()}, .silence_ns = ns_per_s});
  ASSERT_TRUE(notes.wait_until([&] { return a.up.size() == 2 && b.up.size() == 2 && c.up.size() == 2; }));
  b.freeze();
  ASSERT_TRUE(notes.wait_until([&] { return a.states[b.id()] == cluster::NodeState::gone; }));
  ASSERT_TRUE(notes.wait_until([&] { return c.states[b.id()] == cluster::NodeState::gone; }));
  const auto shown = [&] {
    for (const NodeView& view : a.network().nodes())
      if (view.health.node == b.id()) return view.health.state;
    return cluster::NodeState::left;
  };
  while (shown() != cluster::NodeState::gone) std::this_thread::yield();
  b.thaw();
  ASSERT_TRUE(notes.wait_until([&] { return a.states[b.id()] == cluster::NodeState::alive; }));
}

}  // namespace
}  // namespace tenon::peer
