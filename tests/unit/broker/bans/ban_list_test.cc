#include "broker/bans/ban_list.h"

#include <gtest/gtest.h>
#include <tenon/draft/transport.h>

#include "broker/bans/bans.h"
#include "broker/bans/text_pattern.h"

namespace tenon::broker {
namespace {

using Address = std::array<std::uint8_t, 16>;

constexpr Address v4 = {192, 0, 2, 7};
constexpr Address v4_in_v6 = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 7};
constexpr Address v6 = {0x20, 0x01, 0x0d, 0xb8, 0, 1};

bool is_in(const char* range, std::uint32_t family, const Address& address) {
  const auto read = AddressRange::read(range);
  EXPECT_TRUE(read) << range;
  return read && read->contains(family, address);
}

TEST(AddressRange, HoldsTheAddressesThatBeginAlike) {
  EXPECT_TRUE(is_in("192.0.2.7", TENON_PEER_IPV4, v4));
  EXPECT_FALSE(is_in("192.0.2.6", TENON_PEER_IPV4, v4));
  EXPECT_TRUE(is_in("192.0.2.0/24", TENON_PEER_IPV4, v4));
  EXPECT_TRUE(is_in("192.0.2.6/31", TENON_PEER_IPV4, v4));
  EXPECT_FALSE(is_in("192.0.2.8/29", TENON_PEER_IPV4, v4));
  EXPECT_TRUE(is_in("2001:db8::/32", TENON_PEER_IPV6, v6));
  EXPECT_FALSE(is_in("2001:db8:2::/48", TENON_PEER_IPV6, v6));
  EXPECT_FALSE(is_in("192.0.2.0/24", TENON_PEER_UNIX, v4));
}

TEST(AddressRange, AnIPv4AddressThatComesAsIPv6IsTheSame) {
  EXPECT_TRUE(is_in("192.0.2.0/24", TENON_PEER_IPV6, v4_in_v6));
  EXPECT_TRUE(is_in("::ffff:192.0.2.7", TENON_PEER_IPV4, v4));
  EXPECT_FALSE(is_in("::/1", TENON_PEER_IPV4, v4));
  EXPECT_EQ(AddressRange::read("::ffff:192.0.2.7/120")->text(), "192.0.2.0/24");
}

TEST(AddressRange, IsWrittenInOneWay) {
  EXPECT_EQ(AddressRange::read("192.0.2.7/24")->text(), "192.0.2.0/24");
  EXPECT_EQ(AddressRange::read("192.0.2.7/32")->text(), "192.0.2.7");
  EXPECT_EQ(AddressRange::read("2001:0DB8:0::1/128")->text(), "2001:db8::1");
}

TEST(AddressRange, WhatIsNoAddressIsNone) {
  for (const char* text : {"", "host", "192.0.2", "192.0.2.7/33", "192.0.2.7/", "192.0.2.7/-1",
                           "192.0.2.7/2x", "2001:db8::/129", "192.0.2.7/ 8", "*"})
    EXPECT_FALSE(AddressRange::read(text)) << text;
  EXPECT_FALSE(AddressRange::read(std::string_view("192.0.2.7\0x", 11)));
}

TEST(TextPattern, AStarStandsForAnyText) {
  for (const auto& [pattern, text] :
       std::initializer_list<std::pair<const char*, const char*>>{{"a", "a"},
                                                                  {"a*", "a"},
                                                                  {"a*", "abc"},
                                                                  {"*c", "abc"},
                                                                  {"a*c", "abbc"},
                                                                  {"*b*", "abc"},
                                                                  {"a**c", "ac"},
                                                                  {"*aab", "aaaab"},
                                                                  {"a*b*c", "axbxbxc"}})
    EXPECT_TRUE(matches_pattern(pattern, text)) << pattern << " " << text;
  for (const auto& [pattern, text] : std::initializer_list<std::pair<const char*, const char*>>{
           {"a", "b"}, {"a", "ab"}, {"a*", "ba"}, {"*c", "cb"}, {"a*c", "ab"}, {"", "a"}, {"a?", "ab"}})
    EXPECT_FALSE(matches_pattern(pattern, text)) << pattern << " " << text;
}

TEST(BanPattern, WhatWouldKeepEverybodyOutIsRefused) {
  EXPECT_EQ(ban_pattern(BanKind::client, "meter-*"), "meter-*");
  EXPECT_EQ(ban_pattern(BanKind::address, "10.1.2.3/8"), "10.0.0.0/8");
  for (const char* text : {"", "*", "***"}) {
    EXPECT_FALSE(ban_pattern(BanKind::client, text)) << text;
    EXPECT_FALSE(ban_pattern(BanKind::user, text)) << text;
  }
  EXPECT_FALSE(ban_pattern(BanKind::user, std::string(ban_pattern_bytes_max + 1, 'x')));
  for (const char* text : {"0.0.0.0/0", "::/0", "*"})
    EXPECT_FALSE(ban_pattern(BanKind::address, text)) << text;
}

TEST(BanList, FindsTheBanThatKeepsAClientOut) {
  const BanList list({{BanKind::client, "exact", INT64_MAX},
                      {BanKind::client, "meter-*", INT64_MAX},
                      {BanKind::user, "eve", INT64_MAX},
                      {BanKind::address, "192.0.2.0/24", INT64_MAX}});
  const Address other = {10, 0, 0, 1};
  const auto found = [&](std::string_view client, std::string_view user, const Address& address) {
    const Ban* ban = list.find({client, user, TENON_PEER_IPV4, address}, 0);
    return ban ? ban->pattern : std::string();
  };
  EXPECT_EQ(found("exact", "", other), "exact");
  EXPECT_EQ(found("meter-7", "", other), "meter-*");
  EXPECT_EQ(found("c", "eve", other), "eve");
  EXPECT_EQ(found("c", "ann", v4), "192.0.2.0/24");
  EXPECT_EQ(found("exactly", "evelyn", other), "");
  // A user of a client's name is another thing.
  EXPECT_EQ(found("eve", "exact", other), "");
  EXPECT_EQ(found("", "", other), "");
}

TEST(BanList, ABanEndsWithItsTime) {
  const BanList list({{BanKind::client, "c", 1000}, {BanKind::client, "c*", 2000}});
  const auto until = [&](UnixMs now) {
    const Ban* ban = list.find({"c", "", TENON_PEER_UNIX, v4}, now);
    return ban ? ban->until_ms : 0;
  };
  EXPECT_EQ(until(999), 1000);
  EXPECT_EQ(until(1000), 2000);
  EXPECT_EQ(until(2000), 0);
}

TEST(Bans, ThoseThatWereSetLastHold) {
  Bans bans;
  EXPECT_FALSE(bans.find({"c", "", TENON_PEER_IPV4, v4}, 0));
  bans.set(std::make_shared<const BanList>(std::vector<Ban>{{BanKind::client, "c", INT64_MAX}}));
  EXPECT_TRUE(bans.find({"c", "", TENON_PEER_IPV4, v4}, 0));
  bans.set(std::make_shared<const BanList>());
  EXPECT_FALSE(bans.find({"c", "", TENON_PEER_IPV4, v4}, 0));
}

}  // namespace
}  // namespace tenon::broker
