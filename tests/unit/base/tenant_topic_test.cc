#include "base/text/tenant_topic.h"

#include <gtest/gtest.h>

namespace tenon {
namespace {

TEST(TenantTopic, NameIsOneLevelWithoutWildcards) {
  for (const char* good : {"default", "a", "a b", "red.example", "\xC3\xA4"})
    EXPECT_TRUE(is_tenant_name(good)) << good;
  for (const char* bad : {"", "a/b", "+", "a#", "$x", "a\nb", "a\x7F"})
    EXPECT_FALSE(is_tenant_name(bad)) << bad;
  EXPECT_FALSE(is_tenant_name(std::string_view("a\0b", 3)));
  EXPECT_TRUE(is_tenant_name(std::string(128, 'x')));
  EXPECT_FALSE(is_tenant_name(std::string(129, 'x')));
}

TEST(TenantTopic, TopicsOfTheDefaultTenantStandAsTheyAre) {
  EXPECT_EQ(tenant_prefix("default"), "");
  for (const char* topic : {"a/b", "$SYS/x", "/", "$tenant", "$tenants/a/b"}) {
    EXPECT_EQ(topic_in_tenant(topic), topic);
    EXPECT_EQ(tenant_of_topic(topic), "default");
  }
}

TEST(TenantTopic, PrefixIsCutOffAgain) {
  const std::string prefix = tenant_prefix("red");
  EXPECT_EQ(prefix, "$tenant/red/");
  for (const char* topic : {"a/b", "/", "$SYS/x", "$tenant/blue/x"}) {
    EXPECT_EQ(topic_in_tenant(prefix + topic), topic);
    EXPECT_EQ(tenant_of_topic(prefix + topic), "red");
  }
}

TEST(TenantTopic, ClosedIsWhatTheNodeSaysAndWhatIsAnotherTenants) {
  for (const char* topic : {"$SYS/x", "$tenant/blue/x"}) {
    EXPECT_TRUE(is_closed_to_clients(topic, "")) << topic;
    EXPECT_TRUE(is_closed_to_clients(topic, "$tenant/red/")) << topic;
  }
  for (const char* topic : {"$SYS", "$tenant", "$other/x"}) {
    EXPECT_FALSE(is_closed_to_clients(topic, "")) << topic;
    EXPECT_TRUE(is_closed_to_clients(topic, "$tenant/red/")) << topic;
  }
  const std::string longest(topic_bytes_max, 'a');
  EXPECT_FALSE(is_closed_to_clients(longest, ""));
  EXPECT_TRUE(is_closed_to_clients(longest, "$tenant/red/"));
  EXPECT_FALSE(is_closed_to_clients("a/b", "$tenant/red/"));
}

TEST(TenantTopic, FilterHasThePrefixBehindItsGroup) {
  EXPECT_EQ(filter_with_prefix("$tenant/red/", "a/#"), "$tenant/red/a/#");
  EXPECT_EQ(filter_with_prefix("$tenant/red/", "#"), "$tenant/red/#");
  EXPECT_EQ(filter_with_prefix("$tenant/red/", "$share/g/a/+"), "$share/g/$tenant/red/a/+");
  EXPECT_EQ(filter_with_prefix("$tenant/red/", "$oshare/g/#"), "$oshare/g/$tenant/red/#");
  EXPECT_EQ(filter_with_prefix("", "$share/g/a"), "$share/g/a");
}

}  // namespace
}  // namespace tenon
