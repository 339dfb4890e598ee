#include "node/founding.h"

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "store/founding.h"

namespace tenon::node {
namespace {

class FixedRandom final : public Random {
 public:
  explicit FixedRandom(std::uint8_t byte) : byte_(byte) {}
  void fill(std::span<std::uint8_t> out) override {
    for (std::uint8_t& one : out) one = byte_;
  }

 private:
  std::uint8_t byte_;
};

// Nodes and the messages between them, which arrive when deliver() is called.
class FoundingTest : public ::testing::Test {
 protected:
  struct Node final : store::PeerPort {
    Node(FoundingTest& world, NodeId self, Founding::Options options)
        : world(world), self(self), random(static_cast<std::uint8_t>(self)) {
      options.self = self;
      Founding::Ports ports;
      ports.first_ranges =
          [this](const std::vector<Founding::Founder>& founders) -> Result<std::vector<kv::RangeRecord>> {
        ++founded;
        std::vector<NodeId> voters;
        for (const auto& founder : founders)
          if ((founder.services.stores & balance::bit_of(kv::StoreId::meta)) != 0)
            voters.push_back(founder.node);
        if (voters.empty()) return Error{Errc::invalid, "nobody takes it"};
        voters.resize(std::min(voters.size(), voters_max));
        auto records = store::first_ranges(kv::StoreId::meta, {}, voters);
        const std::vector<std::string> split_keys{"m"};
        for (auto& record : store::first_ranges(kv::StoreId::inbox, split_keys, voters))
          records.push_back(std::move(record));
        return records;
      };
      ports.begin = [this](std::uint64_t, const std::vector<kv::RangeRecord>& records) -> Status {
        if (disk_is_full) return Error{Errc::busy, "the disk is full"};
        ++begun;
        for (const auto& record : records) replicas.insert(record.id.number);
        return {};
      };
      ports.learn = [this](const kv::RangeId& id, const kv::Descriptor&) { learned.insert(id.number); };
      ports.peer_is_in = [this](NodeId node, std::uint64_t cluster_id) { clusters[node] = cluster_id; };
      ports.failed = [this](const Error& error) { failures.push_back(error.message); };
      founding = std::make_unique<Founding>(options, std::move(ports), *this, random);
    }
    void send(NodeId to, store::PeerMessage kind, std::string&& body) override {
      EXPECT_EQ(kind, store::PeerMessage::ranges);
      world.messages.push_back({self, to, std::move(body)});
    }

    FoundingTest& world;
    const NodeId self;
    FixedRandom random;
    std::unique_ptr<Founding> founding;
    std::size_t voters_max = 3;
    bool disk_is_full = false;
    int founded = 0;
    int begun = 0;
    std::set<std::uint64_t> replicas;
    std::set<std::uint64_t> learned;
    std::map<NodeId, std::uint64_t> clusters;
    std::vector<std::string> failures;
  };

  struct Sent {
    NodeId from;
    NodeId to;
    std::string body;
  };

  Node& add(std::uint64_t number, std::uint32_t expect, std::uint32_t voters = 3,
            const NodeServices& services = {}) {
    Founding::Options options;
    options.services = services;
    options.expect = expect;
    Node& node = *nodes.emplace(number, std::make_unique<Node>(*this, NodeId{number}, options)).first->second;
    node.voters_max = voters;
    return node;
  }
  void link(Node& a, Node& b) {
    a.founding->on_peer(b.self, true);
    b.founding->on_peer(a.self, true);
  }
  void link_all() {
    for (auto& [number, a] : nodes)
      for (auto& [other, b] : nodes)
        if (number < other) link(*a, *b);
  }
  void deliver() {
    while (!messages.empty()) {
      const Sent sent = std::move(messages.front());
      messages.pop_front();
      nodes.at(static_cast<std::uint64_t>(sent.to))->founding->on_ranges(sent.from, sent.body);
    }
  }
  std::uint64_t cluster_id(const Node& node) { return node.founding->cluster_id(); }

  std::map<std::uint64_t, std::unique_ptr<Node>> nodes;
  std::deque<Sent> messages;
};

TEST_F(FoundingTest, ANodeThatExpectsNobodyFoundsAlone) {
  Node& node = add(5, 1);
  node.founding->try_to_found();
  EXPECT_NE(cluster_id(node), 0u);
  EXPECT_EQ(node.replicas.size(), 3u);
}

TEST_F(FoundingTest, TheLowestIdFoundsWhenAllAreThereAndTheOthersJoin) {
  Node& a = add(3, 3);
  Node& b = add(4, 3);
  Node& c = add(5, 3);
  link(a, b);
  deliver();
  EXPECT_EQ(a.founded + b.founded, 0);
  link(b, c);
  deliver();
  EXPECT_EQ(a.founded + b.founded + c.founded, 0);
  link(a, c);
  deliver();
  EXPECT_EQ(a.founded, 1);
  EXPECT_EQ(b.founded + c.founded, 0);
  EXPECT_NE(cluster_id(a), 0u);
  for (const Node* node : {&a, &b, &c}) {
    EXPECT_EQ(cluster_id(*node), cluster_id(a));
    EXPECT_EQ(node->begun, 1);
    EXPECT_EQ(node->replicas.size(), 3u);
  }
}

TEST_F(FoundingTest, NobodyFoundsTwice) {
  for (std::uint64_t number : {3, 4, 5}) add(number, 3);
  link_all();
  deliver();
  const std::uint64_t id = cluster_id(*nodes.at(3));
  link_all();
  for (auto& [number, node] : nodes) node->founding->try_to_found();
  deliver();
  for (auto& [number, node] : nodes) {
    EXPECT_EQ(cluster_id(*node), id);
    EXPECT_EQ(node->begun, 1);
  }
}

TEST_F(FoundingTest, MoreNodesThanVotersLearnWhereTheRangesAre) {
  for (std::uint64_t number : {3, 4, 5, 6}) add(number, 4, 3);
  link_all();
  deliver();
  EXPECT_EQ(nodes.at(5)->replicas.size(), 3u);
  EXPECT_TRUE(nodes.at(6)->replicas.empty());
  EXPECT_EQ(nodes.at(6)->learned.size(), 3u);
  EXPECT_EQ(cluster_id(*nodes.at(6)), cluster_id(*nodes.at(3)));
}

TEST_F(FoundingTest, ALateNodeLearnsFromAnyMember) {
  for (std::uint64_t number : {3, 4, 5}) add(number, 3);
  link_all();
  deliver();
  Node& late = add(1, 3);  // the lowest of all, and yet it founds nothing
  link(late, *nodes.at(4));
  deliver();
  EXPECT_EQ(late.founded, 0);
  EXPECT_EQ(cluster_id(late), cluster_id(*nodes.at(3)));
  EXPECT_EQ(late.learned.size(), 3u);
}

TEST_F(FoundingTest, ALateNodeFoundsNothingWhileItsLinksComeUp) {
  for (std::uint64_t number : {3, 4, 5}) add(number, 3);
  link_all();
  deliver();
  Node& late = add(1, 3);
  for (std::uint64_t number : {3, 4, 5}) link(late, *nodes.at(number));
  EXPECT_EQ(cluster_id(late), 0u);  // linked with all, and has heard of none yet
  deliver();
  EXPECT_EQ(late.founded, 0);
  EXPECT_EQ(cluster_id(late), cluster_id(*nodes.at(3)));
}

TEST_F(FoundingTest, ANodeThatLeavesBeforeIsNotCounted) {
  Node& a = add(3, 3);
  Node& b = add(4, 3);
  Node& c = add(5, 3);
  link(a, b);
  a.founding->on_peer(b.self, false);
  link(a, c);
  deliver();
  EXPECT_EQ(a.founded, 0);
}

TEST_F(FoundingTest, WhatTheEnginesHoldIsGoneOnWith) {
  Node& node = add(5, 1);
  node.founding->load(99, store::first_ranges(kv::StoreId::meta, {}, {NodeId{5}}));
  node.founding->try_to_found();
  EXPECT_EQ(cluster_id(node), 99u);
  EXPECT_EQ(node.founded + node.begun, 0);
}

TEST_F(FoundingTest, AnotherClusterIsNotJoined) {
  Node& node = add(5, 1);
  node.founding->try_to_found();
  const std::uint64_t id = cluster_id(node);
  store::RangesMessage other;
  other.cluster_id = id + 1;
  other.ranges.push_back(
      {{12345, 1}, store::first_ranges(kv::StoreId::retain, {}, {NodeId{6}})[0].descriptor});
  node.founding->on_ranges(NodeId{6}, store::write_ranges_message(other));
  EXPECT_EQ(cluster_id(node), id);
  EXPECT_TRUE(node.learned.empty());
}

TEST_F(FoundingTest, AFailedBeginIsToldAndTriedAgainWithTheNextPeer) {
  Node& a = add(3, 2);
  a.disk_is_full = true;
  Node& b = add(4, 2);
  link(a, b);
  deliver();
  EXPECT_EQ(a.failures, (std::vector<std::string>{"the disk is full"}));
  EXPECT_EQ(cluster_id(a), 0u);
  EXPECT_EQ(cluster_id(b), 0u);
  a.disk_is_full = false;
  link(a, b);
  deliver();
  EXPECT_NE(cluster_id(a), 0u);
  EXPECT_EQ(cluster_id(b), cluster_id(a));
}

TEST_F(FoundingTest, AMessageThatDoesNotHoldTogetherIsPassedOver) {
  Node& node = add(5, 2);
  node.founding->on_ranges(NodeId{6}, "garbage");
  EXPECT_EQ(cluster_id(node), 0u);
  EXPECT_EQ(node.begun, 0);
}

TEST_F(FoundingTest, FoundersSayWhatTheyTakeAndWhoTakesNothingGetsNothing) {
  Node& a = add(3, 3, 3, {0, 0});
  Node& b = add(4, 3, 3, {balance::all_stores, 0});
  Node& c = add(5, 3);
  link_all();
  deliver();
  EXPECT_NE(cluster_id(a), 0u);
  EXPECT_EQ(cluster_id(b), cluster_id(a));
  EXPECT_TRUE(a.replicas.empty()) << "it founds, and has none";
  EXPECT_FALSE(b.replicas.empty());
  EXPECT_FALSE(c.replicas.empty());
  EXPECT_EQ(c.founding->services().at(b.self), (NodeServices{balance::all_stores, 0}));
  c.founding->on_peer(b.self, false);
  EXPECT_FALSE(c.founding->services().contains(b.self));
}

TEST_F(FoundingTest, FoundersOfWhomNobodyTakesAStoreFoundNothingAndSayWhy) {
  Node& a = add(3, 2, 3, {0, 0});
  add(4, 2, 3, {0, 0});
  link_all();
  deliver();
  EXPECT_EQ(cluster_id(a), 0u);
  EXPECT_EQ(a.begun, 0);
  ASSERT_FALSE(a.failures.empty());
  EXPECT_EQ(a.failures.front(), "nobody takes it");
}

TEST_F(FoundingTest, ALinkedNodeThatSaysToBeInAnotherClusterIsTold) {
  Node& a = add(1, 1);
  Node& b = add(2, 1);
  a.founding->try_to_found();
  b.founding->try_to_found();
  ASSERT_NE(a.founding->cluster_id(), b.founding->cluster_id());
  link(a, b);
  deliver();
  EXPECT_EQ(a.clusters[b.self], b.founding->cluster_id());
  EXPECT_EQ(b.clusters[a.self], a.founding->cluster_id());
  EXPECT_TRUE(a.learned.empty());
  EXPECT_TRUE(b.learned.empty());
}

}  // namespace
}  // namespace tenon::node
