#include "service/inbox/inbox_key.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "service/inbox/inbox_machine.h"
#include "service/store_key.h"

namespace tenon::service::inbox {
namespace {

using namespace std::string_literals;

TEST(StoreKey, EscapedPartsComeBackAndKeepTheirOrder) {
  const std::vector<std::string> parts{"",      "\0"s, "\0\0"s, "\0\x01"s, "\0\xff"s,
                                       "\x01"s, "a",   "a\0"s,  "a\0b"s,   "a\x01"s,
                                       "aa",    "b",   "\xff"s, "\xff\0"s, "\xff\xff"s};
  std::vector<std::string> keys;
  for (const std::string& part : parts) {
    append_escaped(keys.emplace_back(), part);
    std::string_view key = keys.back();
    EXPECT_EQ(take_escaped(key), part);
    EXPECT_TRUE(key.empty());
  }
  EXPECT_TRUE(std::is_sorted(parts.begin(), parts.end()));
  EXPECT_TRUE(std::is_sorted(keys.begin(), keys.end()));
}

TEST(StoreKey, PartsWithoutAnEndAreRefused) {
  for (const std::string& bad : {""s, "a"s, "a\0"s, "a\0\x02"s, "a\0\xff"s}) {
    std::string_view key = bad;
    EXPECT_FALSE(take_escaped(key));
    EXPECT_EQ(key, bad);
  }
}

TEST(StoreKey, BucketsAreTheSameForever) {
  EXPECT_EQ(stable_bucket(""), 0xecba);
  EXPECT_EQ(stable_bucket("a"), 0xed81);
  EXPECT_EQ(stable_bucket("sensor-17"), 0xbc1b);
}

TEST(InboxKey, IsTakenApartAsItWasMade) {
  const std::string tenant = "ten\0ant"s, client_id = "client\0"s;
  const Owner owner{tenant, client_id};
  const std::string prefix = owner_prefix(owner);
  std::string item = key_of(prefix, KeyKind::item);
  append_be64(item, 0x0102030405060708);
  const auto parts = split_key(item);
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->tenant, owner.tenant);
  EXPECT_EQ(parts->client_id, owner.client_id);
  EXPECT_EQ(parts->prefix_bytes, prefix.size());
  EXPECT_EQ(parts->kind, KeyKind::item);
  EXPECT_EQ(parts->rest, "\x01\x02\x03\x04\x05\x06\x07\x08"s);
  EXPECT_EQ(split_prefix(prefix)->client_id, owner.client_id);
}

TEST(InboxKey, WhatIsNoKeyIsRefused) {
  const std::string prefix = owner_prefix({"", "c"});
  EXPECT_FALSE(split_key(""));
  EXPECT_FALSE(split_key(prefix));
  EXPECT_FALSE(split_key(prefix + "\x00"s));
  EXPECT_FALSE(split_key(prefix + "\x08"s));
  EXPECT_FALSE(split_key(key_of(prefix, KeyKind::item) + "1234567"));
  EXPECT_FALSE(split_key(key_of(prefix, KeyKind::session) + "1"));
  EXPECT_FALSE(split_prefix(prefix + "x"));
  EXPECT_TRUE(split_key(key_of(prefix, KeyKind::subscription) + "a/#"));
}

TEST(InboxKey, RangesAreSplitBetweenOwnersOnly) {
  const InboxMachine machine(1);
  const std::string prefix = owner_prefix({"", "c"});
  EXPECT_TRUE(machine.may_split_at(prefix));
  for (const std::string& point : split_points("plant", 7)) EXPECT_TRUE(machine.may_split_at(point));
  for (const KeyKind kind : {KeyKind::session, KeyKind::will, KeyKind::item})
    EXPECT_FALSE(machine.may_split_at(key_of(prefix, kind)));
  for (std::size_t cut = 0; cut < prefix.size(); ++cut)
    EXPECT_EQ(machine.may_split_at(prefix.substr(0, cut)), cut == 4) << cut;
}

TEST(InboxKey, SplitPointsCutATenantEvenly) {
  EXPECT_TRUE(split_points("plant", 1).empty());
  const auto points = split_points("plant", 4);
  ASSERT_EQ(points.size(), 3u);
  EXPECT_EQ(points[0], "plant\x00\x01\x40\x00"s);
  EXPECT_EQ(points[2], "plant\x00\x01\xc0\x00"s);
  std::vector<int> sizes(4);
  for (int i = 0; i < 4000; ++i) {
    const std::string prefix = owner_prefix({"plant", "client" + std::to_string(i)});
    const auto range = std::upper_bound(points.begin(), points.end(), prefix) - points.begin();
    ++sizes[static_cast<std::size_t>(range)];
  }
  for (const int size : sizes) EXPECT_NEAR(size, 1000, 200);
}

}  // namespace
}  // namespace tenon::service::inbox
