#include "balance/facts.h"

#include <gtest/gtest.h>

#include "base/wire.h"

namespace tenon::balance {
namespace {

NodeFacts made() {
  NodeFacts facts;
  facts.start_number = 3;
  facts.zone = "a";
  facts.cores = 64;
  facts.stores = all_stores;
  facts.attributes = {{"disk", "nvme"}};
  ReplicaFacts led;
  led.id = {7, 1};
  led.leads = true;
  led.term = 5;
  led.last_index = 900;
  led.what = kv::Descriptor{};
  led.what->store = StoreId::inbox;
  led.what->begin = std::string("\0k", 2);
  led.what->epoch = {2, 3};
  led.what->members.voters = {NodeId{1}, NodeId{2}};
  led.commands_per_s = 10;
  led.bytes_per_s = 1000;
  led.size_bytes = 0;
  led.load_key = "l";
  led.fanout_key = "f";
  led.fanout_count = 300;
  led.lags = {{NodeId{1}, 0, false}, {NodeId{2}, 17, true}};
  ReplicaFacts other;
  other.id = {8, 1};
  other.is_usable = false;
  other.is_busy = true;
  other.leader = NodeId{9};
  facts.replicas = {led, other};
  return facts;
}

TEST(Facts, ComeBackAsTheyWere) {
  EXPECT_EQ(read_facts(encode(made())), made());
}

TEST(Facts, OfAnOlderNodeDoNotSayWhoLeads) {
  std::string replica;
  WireWriter of_replica(replica);
  kv::write(of_replica, kv::RangeId{8, 1});
  of_replica.u8(2);
  of_replica.varint(5);
  of_replica.varint(90);
  std::string text;
  WireWriter out(text);
  out.u8(1);
  out.varint(3);
  out.bytes("");
  out.varint(2);
  out.varint(0);
  out.varint(0);
  out.varint(1);
  out.bytes(replica);
  const auto facts = read_facts(text);
  ASSERT_TRUE(facts);
  ASSERT_EQ(facts->replicas.size(), 1u);
  EXPECT_EQ(facts->replicas[0].last_index, 90u);
  EXPECT_EQ(facts->replicas[0].leader, NodeId::none);
}

TEST(Facts, ThatAreCutOffOrOfANewerVersionAreNotRead) {
  const std::string text = encode(made());
  for (std::size_t size = 0; size < text.size(); ++size)
    EXPECT_EQ(read_facts(text.substr(0, size)), std::nullopt) << size;
  EXPECT_EQ(read_facts("\2" + text.substr(1)), std::nullopt);
}

}  // namespace
}  // namespace tenon::balance
