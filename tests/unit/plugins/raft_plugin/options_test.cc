#include "driver/options.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <tenon/failure.hpp>

#include "driver/options_schema.h"
#include "support/fake_host.h"
#include "support/sim_disk.h"

namespace tenon::raft {
namespace {

PluginOptions read(const std::string& json) {
  test::SimDisk disk(1);
  const test::FakeHost host(disk, "/data", json);
  return read_options(sdk::Config(host.get()));
}

std::string refusal(const std::string& json) {
  try {
    read(json);
  } catch (const sdk::Failure& failure) {
    return failure.what();
  }
  return "taken";
}

TEST(RaftOptions, DefaultsAreThoseOfTheSchema) {
  const auto properties = nlohmann::json::parse(options_schema).at("properties");
  nlohmann::json defaults = nlohmann::json::object();
  for (const auto& [name, property] : properties.items()) defaults[name] = property.at("default");
  const Options stated = algorithm_options(read(defaults.dump()));
  const Options built_in = algorithm_options(read("{}"));
  EXPECT_EQ(stated.election_ticks, 20u);
  EXPECT_EQ(stated.heartbeat_ticks, 2u);
  EXPECT_EQ(stated.election_ticks, built_in.election_ticks);
  EXPECT_EQ(stated.quiesce_ticks, built_in.quiesce_ticks);
  EXPECT_EQ(stated.snapshot_ticks_max, built_in.snapshot_ticks_max);
  EXPECT_EQ(stated.transfer_ticks_max, built_in.transfer_ticks_max);
  EXPECT_EQ(stated.message_bytes_max, built_in.message_bytes_max);
  EXPECT_EQ(stated.inflight_bytes_max, built_in.inflight_bytes_max);
  EXPECT_EQ(stated.inflight_count_max, built_in.inflight_count_max);
  EXPECT_EQ(stated.uncommitted_bytes_max, built_in.uncommitted_bytes_max);
  EXPECT_EQ(stated.committed_bytes_max, built_in.committed_bytes_max);
  EXPECT_EQ(stated.tail_bytes_max, built_in.tail_bytes_max);
  EXPECT_EQ(stated.catch_up_entries_max, built_in.catch_up_entries_max);
  EXPECT_FALSE(built_in.lease_reads);
}

TEST(RaftOptions, TimesAreRoundedUpToTicks) {
  const Options options = algorithm_options(read(R"({"heartbeat_ms": 120, "quiesce_ms": 0})"));
  EXPECT_EQ(options.heartbeat_ticks, 3u);
  EXPECT_EQ(options.quiesce_ticks, 0u);
}

TEST(RaftOptions, WhatMakesNoSenseIsRefusedByName) {
  EXPECT_EQ(refusal(R"({"tick_ms": 0})"), "option \"tick_ms\" must be between 1 and 1000");
  EXPECT_EQ(refusal(R"({"tick_ms": 200})"), "option \"heartbeat_ms\" must be at least \"tick_ms\"");
  EXPECT_EQ(refusal(R"({"election_timeout_ms": 300})"),
            "option \"election_timeout_ms\" must be at least 4 times \"heartbeat_ms\"");
}

}  // namespace
}  // namespace tenon::raft
