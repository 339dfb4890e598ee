// What is posted, and what an answer means.
#include "batch_body.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <vector>

namespace tenon::webhook {
namespace {

TEST(BatchBody, HasEventsInTheirOrderWalkedByStride) {
  struct Larger {
    tenon_event event{};
    std::uint64_t more = ~std::uint64_t{0};
  };
  std::vector<Larger> events(2);
  events[0].event.type = TENON_EVENT_CLIENT_CONNECTED;
  events[1].event.type = TENON_EVENT_CLIENT_DISCONNECTED;
  const sdk::EventBatch batch(&events[0].event, events.size(), sizeof(Larger));
  const auto body = nlohmann::json::parse(batch_body("7-1", batch, 3));
  EXPECT_EQ(body["batch"], "7-1");
  EXPECT_EQ(body["dropped"], 3);
  ASSERT_EQ(body["events"].size(), 2u);
  EXPECT_EQ(body["events"][0]["event"], "client_connected");
  EXPECT_EQ(body["events"][1]["event"], "client_disconnected");
}

TEST(Verdict, WhatMayPassIsTriedAgainAndTheRestIsNot) {
  for (const int status : {200, 201, 204, 299}) EXPECT_EQ(verdict_of(status), Verdict::taken) << status;
  for (const int status : {408, 425, 429, 500, 502, 503, 504})
    EXPECT_EQ(verdict_of(status), Verdict::again) << status;
  for (const int status : {301, 302, 400, 401, 403, 404, 410, 413, 422})
    EXPECT_EQ(verdict_of(status), Verdict::refused) << status;
}

}  // namespace
}  // namespace tenon::webhook
