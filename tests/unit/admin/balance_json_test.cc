#include "admin/json/balance_json.h"

#include <gtest/gtest.h>

#include "fakes.h"

namespace tenon::admin {
namespace {

TEST(BalanceJson, AViewComesBackAsItWas) {
  const FakeBalance fake;
  const auto read = read_view(view_json(*fake.seen));
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(*read, *fake.seen);
}

TEST(BalanceJson, WhatAViewDoesNotSayHasItsDefault) {
  const auto read = read_view(R"({"nodes": [{"id": "a1"}], "ranges": [{"id": "7", "store": "dist"}]})");
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_TRUE(read->nodes.at(0).is_alive);
  EXPECT_EQ(read->nodes.at(0).stores, balance::all_stores);
  EXPECT_EQ(read->ranges.at(0).size_bytes, std::nullopt);
}

std::string fault_of(const char* text) {
  const auto read = read_view(text);
  return read.ok() ? "" : read.error().message;
}

TEST(BalanceJson, AWrongViewIsRefusedWithThePlace) {
  EXPECT_EQ(fault_of("{"), "the view is no JSON");
  EXPECT_EQ(fault_of("[]"), "view is no object");
  EXPECT_EQ(fault_of(R"({"nods": []})"), "view.nods is not known");
  EXPECT_EQ(fault_of(R"({"nodes": {}})"), "view.nodes is no list");
  EXPECT_EQ(fault_of(R"({"nodes": [{}]})"), "view.nodes[0].id is missing");
  EXPECT_EQ(fault_of(R"({"nodes": [{"id": "x"}]})"), "view.nodes[0].id is no node");
  EXPECT_EQ(fault_of(R"({"nodes": [{"id": "1", "cores": "2"}]})"), "view.nodes[0].cores is no whole number");
  EXPECT_EQ(fault_of(R"({"nodes": [{"id": "1", "stores": ["x"]}]})"),
            "view.nodes[0].stores has no store \"x\"");
  EXPECT_EQ(fault_of(R"({"ranges": [{"id": 7, "store": "dist"}]})"), "view.ranges[0].id is no text");
  EXPECT_EQ(fault_of(R"({"ranges": [{"id": "7"}]})"), "view.ranges[0].store is missing");
  EXPECT_EQ(fault_of(R"({"ranges": [{"id": "7", "store": "dist", "epoch": "1"}]})"),
            "view.ranges[0].epoch is not like \"3.1\"");
  EXPECT_EQ(fault_of(R"({"ranges": [{"id": "7", "store": "dist", "replicas": [{"lag": -1.5}]}]})"),
            "view.ranges[0].replicas[0].lag is no whole number");
  EXPECT_EQ(fault_of(R"({"stores": {"inbox": {"voter": 3}}})"), "view.stores.inbox.voter is not known");
}

}  // namespace
}  // namespace tenon::admin
