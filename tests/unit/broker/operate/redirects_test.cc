#include "broker/operate/redirects.h"

#include <gtest/gtest.h>

namespace tenon::broker {
namespace {

using mqtt::ReasonCode;

TEST(Redirects, ClientsAreLetInUntilTheyBegin) {
  Redirects redirects;
  EXPECT_FALSE(redirects.next("default"));
  redirects.begin(ReasonCode::use_another_server, {});
  ASSERT_TRUE(redirects.next("default"));
  redirects.end();
  EXPECT_FALSE(redirects.next("default"));
}

TEST(Redirects, AddressesOfAListenerTakeTurnsAndThoseOfOthersAreNotNamed) {
  Redirects redirects;
  redirects.begin(ReasonCode::server_moved, {{"default", {"a", "b"}}, {"tls", {"c"}}});
  const auto first = redirects.next("default");
  EXPECT_EQ(first->code, ReasonCode::server_moved);
  EXPECT_NE(redirects.next("default")->server_reference, first->server_reference);
  EXPECT_EQ(redirects.next("default")->server_reference, first->server_reference);
  EXPECT_EQ(redirects.next("tls")->server_reference, "c");
  EXPECT_EQ(redirects.next("other")->server_reference, "");
}

}  // namespace
}  // namespace tenon::broker
