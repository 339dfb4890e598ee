#include <gtest/gtest.h>

#include "cluster/mesh.h"
#include "fake_net.h"

// Two processes with the id of one node: its data directory was copied.

namespace tenon::cluster {
namespace {

using test::FakeNet;
using test::FakeNode;

constexpr std::uint64_t seeds_count = 50;

using Addresses = std::pair<Endpoint, Endpoint>;

TEST(Twin, TwoThatMeetHaveNoLinkAndBothSayWhereTheOtherOneIs) {
  for (std::uint64_t seed = 0; seed < seeds_count; ++seed) {
    SCOPED_TRACE(seed);
    FakeNet net(seed);
    FakeNode& node = net.add(1, 1 + seed % 3);
    FakeNode& copy = net.add_at("copy", 1, 2);
    copy.mesh.add_seed(node.address, net.now);
    net.run_for(3 * ns_per_s);
    for (FakeNode* one : {&node, &copy}) {
      EXPECT_TRUE(one->up.empty());
      EXPECT_GT(one->refused[LinkEnd::twin], 0);
      EXPECT_EQ(one->refused[LinkEnd::itself], 0);
    }
    EXPECT_EQ(node.twins[node.id], Addresses(node.address, copy.address));
    EXPECT_EQ(copy.twins[node.id], Addresses(copy.address, node.address));
  }
}

TEST(Twin, ThatGoesIsForgottenInTime) {
  FakeNet net(1);
  FakeNode& node = net.add(1);
  FakeNode& copy = net.add_at("copy", 1);
  node.mesh.add_seed(copy.address, net.now);
  net.run_for(120 * ns_per_s);
  EXPECT_EQ(node.twins.size(), 1u) << "it is met again and again";
  net.kill(copy);
  net.run_for(120 * ns_per_s);
  EXPECT_TRUE(node.twins.empty());
}

TEST(Twin, OfANodeThatIsLinkedIsRefusedByAThirdOneAndTheLinkStays) {
  for (std::uint64_t seed = 0; seed < seeds_count; ++seed) {
    SCOPED_TRACE(seed);
    FakeNet net(seed);
    FakeNode& third = net.add(2);
    // With a lower id or with a higher one than the third node has.
    const std::uint64_t id = 1 + seed % 2 * 2;
    FakeNode& node = net.add(id, 5);
    node.mesh.add_seed(third.address, net.now);
    net.run_for(5 * ns_per_s);
    ASSERT_EQ(third.up.size(), 1u);
    // The copy was made before the last start, or behind it.
    FakeNode& copy = net.add_at("copy", id, 5 - seed % 3);
    copy.mesh.add_seed(third.address, net.now);
    net.run_for(20 * ns_per_s);
    EXPECT_TRUE(third.downs.empty());
    EXPECT_TRUE(node.downs.empty());
    EXPECT_EQ(third.twins[node.id], Addresses(node.address, copy.address));
    EXPECT_EQ(copy.twins[node.id], Addresses(copy.address, node.address)) << "it was told so";
    EXPECT_EQ(copy.up_count, 0);
  }
}

TEST(Twin, WithALaterStartTakesThePlaceOfANodeOnceAndTheEarlierOneIsRefused) {
  for (std::uint64_t seed = 0; seed < seeds_count; ++seed) {
    SCOPED_TRACE(seed);
    FakeNet net(seed);
    FakeNode& third = net.add(2);
    FakeNode& node = net.add(1 + seed % 2 * 2, 5);
    node.mesh.add_seed(third.address, net.now);
    net.run_for(5 * ns_per_s);
    FakeNode& copy = net.add_at("copy", 1 + seed % 2 * 2, 6);
    copy.mesh.add_seed(third.address, net.now);
    net.run_for(30 * ns_per_s);
    EXPECT_EQ(third.downs, std::vector{LinkEnd::replaced});
    EXPECT_EQ(third.twins[node.id], Addresses(copy.address, node.address));
    EXPECT_EQ(node.twins[node.id], Addresses(node.address, copy.address));
    EXPECT_EQ(copy.up.size(), 1u);
  }
}

// A connection that the node has dialled: the other side says to be this node, in another process.
LinkKey meet_a_stranger(FakeNode& node, std::uint64_t process, std::string_view end_body, MonoNs now) {
  const LinkKey key = node.mesh.dialled({"stranger", 1}, now);
  Hello hello;
  hello.version_min = protocol_version_min;
  hello.version_max = protocol_version_max;
  hello.node = node.id;
  hello.incarnation = 7;
  hello.env = "default";
  hello.address = {"stranger", 1};
  hello.process = process;
  std::string frames;
  append_frame(frames, Lane::control, FrameType::hello, handshake_version, write_hello(hello));
  if (!end_body.empty()) append_frame(frames, Lane::control, FrameType::end, handshake_version, end_body);
  node.mesh.received(key, as_bytes(frames), now);
  return key;
}

TEST(Twin, IsNotBelievedWithoutTheToken) {
  FakeNet net(1);
  FakeNode& node = net.add(1);
  const Endpoint elsewhere{"elsewhere", 1};
  meet_a_stranger(node, 77, write_end(LinkEnd::twin), net.now);
  meet_a_stranger(node, 77, write_end(LinkEnd::twin, Sha256Digest{}, elsewhere), net.now);
  meet_a_stranger(node, 77, write_end(LinkEnd::leaving), net.now);
  EXPECT_EQ(node.refused[LinkEnd::twin], 3);
  node.mesh.closed(meet_a_stranger(node, 77, {}, net.now), net.now);
  EXPECT_EQ(node.refused[LinkEnd::twin], 4);
  // One that says nothing more.
  meet_a_stranger(node, 77, {}, net.now);
  net.run_for(5 * ns_per_s);
  EXPECT_EQ(node.refused[LinkEnd::twin], 5);
  EXPECT_EQ(node.twin_count, 0);
}

TEST(Twin, OfTheReleaseBeforeIsRefusedAndNotTakenForOneself) {
  FakeNet net(1);
  FakeNode& node = net.add(1);
  // It names no process, and has taken this node for itself.
  meet_a_stranger(node, 0, write_end(LinkEnd::itself), net.now);
  EXPECT_EQ(node.refused[LinkEnd::twin], 1);
  EXPECT_EQ(node.refused[LinkEnd::itself], 0);
  EXPECT_EQ(node.twin_count, 0) << "it shows no proof";
}

}  // namespace
}  // namespace tenon::cluster
