#include "load/cli/options.h"

#include <gtest/gtest.h>

#include "load/cli/option_table.h"
#include "load/engine/endpoint.h"
#include "load/scenarios/traffic_plan.h"

namespace tenon::load {
namespace {

Options parse(std::vector<const char*> words) {
  return parse_options(words);
}

std::string refusal(std::vector<const char*> words) {
  try {
    parse_options(words);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Options, TheFirstPlainWordIsTheScenario) {
  EXPECT_EQ(parse({"--qos", "1", "fan-in"}).scenario, Scenario::fan_in);
  EXPECT_EQ(parse({"--scenario=idle"}).scenario, Scenario::idle);
  EXPECT_EQ(refusal({"p2p", "again"}), "'again' is one word too many");
}

TEST(Options, ReadersApartHaveTheSecondHalfOfTheThreads) {
  EXPECT_EQ(refusal({"fan-out", "--readers-apart", "--threads", "2"}),
            "--readers-apart is for p2p and latency");
  EXPECT_EQ(refusal({"p2p", "--readers-apart", "--threads", "3"}),
            "--readers-apart needs an even number of --threads");
  const TrafficPlan plan = plan_traffic(parse({"p2p", "--pairs", "5", "--readers-apart", "--threads", "4"}));
  for (std::uint32_t i = 0; i < 5; ++i) {
    EXPECT_EQ(plan.publishers[i].worker, i % 2);
    EXPECT_EQ(plan.subscribers[i].worker, 2 + i % 2);
  }
}

TEST(Options, EachScenarioFillsInItsOwnDefaults) {
  EXPECT_EQ(parse({"p2p"}).publishers, 100U);
  EXPECT_EQ(parse({"p2p"}).window, 100U);
  EXPECT_EQ(parse({"p2p", "--pairs", "7"}).subscribers, 7U);
  EXPECT_EQ(parse({"fan-in"}).publishers, 500U);
  EXPECT_EQ(parse({"fan-in"}).subscribers, 1U);
  EXPECT_EQ(parse({"fan-out"}).subscribers, 500U);
  EXPECT_EQ(parse({"shared"}).qos, Qos::at_least_once);
  EXPECT_EQ(parse({"shared", "--qos", "0"}).qos, Qos::at_most_once);
  EXPECT_EQ(parse({"latency"}).rate_per_s, 5000);
  EXPECT_EQ(parse({"p2p", "--qos", "2"}).subscribe_qos, Qos::exactly_once);
  EXPECT_EQ(parse({"p2p", "--qos", "2", "--sub-qos", "0"}).subscribe_qos, Qos::at_most_once);
  EXPECT_EQ(parse({"p2p"}).warmup_s, 1);
  EXPECT_EQ(parse({"p2p", "--messages", "10"}).warmup_s, 0);
}

TEST(Options, SwitchesTakeNoValueAndTheLastOneWins) {
  EXPECT_TRUE(parse({"p2p", "--persistent"}).persistent);
  EXPECT_FALSE(parse({"p2p", "--persistent", "--clean"}).persistent);
  EXPECT_EQ(refusal({"p2p", "--json=yes"}), "--json takes no value");
}

TEST(Options, FilesOfTlsNeedTls) {
  const Options options =
      parse({"idle", "--tls", "--cafile", "ca.pem", "--cert", "c.pem", "--tls-version=1.2"});
  EXPECT_TRUE(options.tls);
  EXPECT_EQ(options.cafile, "ca.pem");
  EXPECT_EQ(refusal({"p2p", "--cafile", "ca.pem"}), "--cafile, --cert and --tls-version need --tls");
  EXPECT_EQ(refusal({"p2p", "--tls", "--key", "k.pem"}), "--key needs --cert");
  EXPECT_EQ(refusal({"p2p", "--tls", "--host", "unix:/run/x"}), "--tls needs a host");
  EXPECT_EQ(refusal({"p2p", "--tls", "--tls-version", "1.1"}), "--tls-version takes 1.2 or 1.3, not '1.1'");
}

TEST(Options, PidsAddUp) {
  EXPECT_EQ(parse({"p2p", "--pid", "12", "--pid=34"}).pids, (std::vector<pid_t>{12, 34}));
}

TEST(Options, RefusalsNameTheOptionAndWhatItTakes) {
  EXPECT_EQ(refusal({}), "name a scenario, or see --help");
  EXPECT_EQ(refusal({"p2p", "--qos", "3"}), "--qos takes 0, 1 or 2, not '3'");
  EXPECT_EQ(refusal({"p2p", "--version", "3"}), "--version takes 4 (MQTT 3.1.1) or 5, not '3'");
  EXPECT_EQ(refusal({"p2p", "--port", "70000"}), "--port takes a whole number up to 65535, not '70000'");
  EXPECT_EQ(refusal({"p2p", "--port"}), "--port needs a value: N");
  EXPECT_EQ(refusal({"p2p", "--spped", "1"}), "no option is called '--spped'; see --help");
  EXPECT_EQ(refusal({"p2p", "--rate", "-1"}), "--rate takes a number of 0 or more, not '-1'");
  EXPECT_EQ(refusal({"persistent-offline-drain", "--qos", "0"}),
            "persistent-offline-drain needs --qos 1 or 2: QoS 0 is not kept for absent clients");
  EXPECT_NE(refusal({"fan-in", "--payload", "4"}), "accepted");
  EXPECT_NE(refusal({"p2p", "--topic-prefix", "a/#"}), "accepted");
  EXPECT_EQ(refusal({"p2q"}).substr(0, 29), "no scenario is called 'p2q'; ");
}

TEST(Options, CountsMayEndInKOrM) {
  EXPECT_EQ(parse_count("--x", "10k", 1'000'000), 10'000U);
  EXPECT_EQ(parse_count("--x", "2M", 2'000'000), 2'000'000U);
  EXPECT_THROW(parse_count("--x", "2M", 1'999'999), UsageError);
  EXPECT_THROW(parse_count("--x", "1G", 1'000'000), UsageError);
  EXPECT_THROW(parse_count("--x", "", 10), UsageError);
  EXPECT_THROW(parse_count("--x", "-1", 10), UsageError);
}

TEST(SourceAddresses, AreAddressesAndRanges) {
  const auto addresses = parse_source_addresses("127.0.0.1,127.0.0.254-127.0.1.1");
  ASSERT_EQ(addresses.size(), 5U);
  EXPECT_EQ(ntohl(addresses[4].s_addr), 0x7F000101U);
  EXPECT_TRUE(parse_source_addresses("").empty());
  EXPECT_THROW(parse_source_addresses("127.0.0.9-127.0.0.1"), std::runtime_error);
  EXPECT_THROW(parse_source_addresses("localhost"), std::runtime_error);
}

TEST(TrafficPlan, EachPairHasATopicAndAWorkerOfItsOwn) {
  const TrafficPlan plan =
      plan_traffic(parse({"p2p", "--pairs", "3", "--threads", "2", "--topic-prefix", "t"}));
  ASSERT_EQ(plan.publishers.size(), 3U);
  for (std::uint32_t i = 0; i < 3; ++i) {
    EXPECT_EQ(plan.publishers[i].plan.topic, plan.subscribers[i].link.filters[0]);
    EXPECT_EQ(plan.publishers[i].worker, plan.subscribers[i].worker);
    EXPECT_EQ(plan.subscribers[i].plan.first_stream, i);
  }
  EXPECT_NE(plan.publishers[0].plan.topic, plan.publishers[1].plan.topic);
  EXPECT_EQ(plan.receivers_per_message, 1U);
}

TEST(TrafficPlan, QosZeroWaitsForDeliveriesAndQosOneForAcks) {
  EXPECT_EQ(plan_traffic(parse({"p2p"})).publishers[0].plan.pacing, Pacing::deliveries);
  EXPECT_TRUE(plan_traffic(parse({"p2p"})).counts_deliveries);
  EXPECT_EQ(plan_traffic(parse({"p2p", "--qos", "1"})).publishers[0].plan.pacing, Pacing::acks);
  EXPECT_FALSE(plan_traffic(parse({"p2p", "--qos", "1"})).counts_deliveries);
  EXPECT_TRUE(plan_traffic(parse({"p2p", "--qos", "1", "--backlog", "9"})).counts_deliveries);
  EXPECT_EQ(plan_traffic(parse({"p2p", "--rate", "9"})).publishers[0].plan.pacing, Pacing::schedule);
}

TEST(TrafficPlan, FanOutCountsEveryReceiverAndASharedGroupOne) {
  const TrafficPlan fan_out = plan_traffic(parse({"fan-out", "--threads", "2"}));
  EXPECT_EQ(fan_out.receivers_per_message, 500U);
  EXPECT_EQ(fan_out.publishers[0].plan.receiving_parts, 2U);
  const TrafficPlan shared = plan_traffic(parse({"shared", "--client-prefix", "c", "--topic-prefix", "t"}));
  EXPECT_EQ(shared.receivers_per_message, 1U);
  EXPECT_EQ(shared.subscribers[4].link.filters[0], "$share/c/t/all");
  EXPECT_EQ(shared.subscribers[4].plan.group, shared.subscribers[0].plan.group);
}

TEST(TrafficPlan, TheSharesOfAllPublishersMakeUpTheMessages) {
  std::uint64_t sum = 0;
  for (std::uint32_t i = 0; i < 7; ++i) sum += share_of_messages(1000, i, 7);
  EXPECT_EQ(sum, 1000U);
  EXPECT_EQ(share_of_messages(0, 0, 7), ~std::uint64_t{0});
}

}  // namespace
}  // namespace tenon::load
