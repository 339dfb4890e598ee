#include "stack/peer_text.h"

#include <gtest/gtest.h>
#include <tenon/draft/transport.h>

namespace tenon::stack {
namespace {

using Address = std::array<std::uint8_t, 16>;

TEST(PeerText, ShowsEachFamily) {
  EXPECT_EQ(peer_text(TENON_PEER_IPV4, Address{192, 0, 2, 1}, 99), "192.0.2.1:99");
  EXPECT_EQ(peer_text(TENON_PEER_IPV6, Address{0x20, 1, 0xd, 0xb8}, 99), "[2001:db8::]:99");
  EXPECT_EQ(peer_text(TENON_PEER_UNIX, {}, 0), "unix");
  EXPECT_EQ(peer_text(77, {}, 0), "unknown");
}

TEST(PeerText, LoopbackIsWhatReachesThisMachineOnly) {
  EXPECT_TRUE(is_loopback(TENON_PEER_UNIX, {}));
  EXPECT_TRUE(is_loopback(TENON_PEER_IPV4, Address{127, 9, 9, 9}));
  EXPECT_FALSE(is_loopback(TENON_PEER_IPV4, Address{128, 0, 0, 1}));
  Address v6{};
  EXPECT_FALSE(is_loopback(TENON_PEER_IPV6, v6));
  v6[15] = 1;
  EXPECT_TRUE(is_loopback(TENON_PEER_IPV6, v6));
  v6[10] = v6[11] = 0xff;
  v6[12] = 127;
  EXPECT_TRUE(is_loopback(TENON_PEER_IPV6, v6));
  v6[12] = 10;
  EXPECT_FALSE(is_loopback(TENON_PEER_IPV6, v6));
  EXPECT_FALSE(is_loopback(TENON_PEER_NONE, Address{127, 0, 0, 1}));
}

}  // namespace
}  // namespace tenon::stack
