#include "admin/rate_guard.h"

#include <gtest/gtest.h>

#include "fakes.h"
#include "support/manual_clock.h"

namespace tenon::admin {
namespace {

// Lets everybody in who is not from 192.0.2.9.
struct Inner final : HttpHandler {
  std::optional<HttpResponse> refuse(const HttpRequest& request) const override {
    if (request.from.starts_with("192.0.2.9:")) return HttpResponse{.status = 401, .body = {}, .fields = {}};
    return std::nullopt;
  }
  HttpAnswer handle(const HttpRequest&) const override { return HttpResponse{.body = "ok", .fields = {}}; }
  std::size_t body_bytes_max(const HttpRequest&, std::size_t usual) const override { return 3 * usual; }
  bool wants_body(const HttpRequest&) const override { return false; }
};

struct Guarded : testing::Test {
  std::optional<HttpResponse> refusal(const RateGuard& guard, const std::string& from) {
    return guard.refuse({.method = "GET", .path = "/", .query = {}, .fields = {}, .body = {}, .from = from});
  }
  // How many of 1000 requests get through.
  int let_through(const RateGuard& guard, const std::string& from, int status = 0) {
    int count = 0;
    for (int i = 0; i < 1000; ++i) {
      const auto refused = refusal(guard, from + ":" + std::to_string(i));
      if ((refused ? refused->status : 0) == status) ++count;
    }
    return count;
  }
  test::ManualClock clock{5};
  Inner inner;
  RateGuard guard{inner, clock, 10, 7};
};

TEST_F(Guarded, AnAddressGetsItsRateWhateverItsPorts) {
  clock.advance_s(100);
  EXPECT_EQ(let_through(guard, "192.0.2.1"), 21);
  EXPECT_EQ(let_through(guard, "192.0.2.1"), 0);
  clock.advance_s(1);
  EXPECT_EQ(let_through(guard, "192.0.2.1"), 10);
  EXPECT_EQ(let_through(guard, "[2001:db8::1]"), 21) << "another address has its own";
}

TEST_F(Guarded, WhoIsAboveItHearsHowLongToWait) {
  clock.advance_s(100);
  (void)let_through(guard, "192.0.2.1");
  const auto refused = refusal(guard, "192.0.2.1:1");
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 429);
  EXPECT_EQ(refused->fields.back(), (std::pair<std::string, std::string>("Retry-After", "1")));
}

TEST_F(Guarded, WrongTokensCostMore) {
  clock.advance_s(100);
  EXPECT_EQ(let_through(guard, "192.0.2.9", 401), 3);
}

TEST_F(Guarded, WrongTokensAreHeardATenthAsOftenHoweverPatientlyTheyAreTried) {
  clock.advance_s(100);
  (void)let_through(guard, "192.0.2.9", 401);
  int count = 0;
  for (int second = 0; second < 100; ++second) {
    clock.advance_s(1);
    count += let_through(guard, "192.0.2.9", 401);
  }
  EXPECT_LE(count, 101);
}

TEST_F(Guarded, WhatIsBehindItSaysHowLargeABodyMayBeAndWhetherItIsWanted) {
  const HttpRequest request{.method = "POST", .path = "/", .query = {}, .fields = {}, .body = {}, .from = {}};
  EXPECT_EQ(guard.body_bytes_max(request, 100), 300u);
  EXPECT_FALSE(guard.wants_body(request));
}

TEST_F(Guarded, TheUnixSocketAndARateOfNothingHaveNoLimit) {
  EXPECT_EQ(let_through(guard, "unix uid 0"), 1000);
  const RateGuard off(inner, clock, 0, 7);
  EXPECT_EQ(let_through(off, "192.0.2.1"), 1000);
}

}  // namespace
}  // namespace tenon::admin
