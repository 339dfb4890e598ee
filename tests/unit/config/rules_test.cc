#include "config/table/rules.h"

#include <gtest/gtest.h>

#include <string>

namespace tenon::config {
namespace {

bool keeps(Rule rule, const std::string& text) {
  return rule_fault(Value::make_string(text, {}), rule) == nullptr;
}

TEST(HostRule, TakesAddressesAndNames) {
  for (const char* host : {"127.0.0.1", "0.0.0.0", "::", "::1", "2001:db8::5", "fe80::1%eth0", "localhost",
                           "a.example.org", "node-1", "1a"})
    EXPECT_TRUE(is_host(host)) << host;
}

TEST(HostRule, RefusesWhatOnlyLooksLikeOne) {
  for (const char* host : {"", ".", "1.2.3", "1.2.3.400", "1.2.3.4.5", "[::1]", ":", ":::", "::1%", "a b",
                           "a..b", "-a", "a-", "a/b", "*"})
    EXPECT_FALSE(is_host(host)) << host;
  EXPECT_FALSE(is_host(std::string(64, 'a')));
}

TEST(BindRule, TakesAUnixSocketByAbsolutePath) {
  EXPECT_TRUE(keeps(Rule::bind, "unix:/run/tenon/mqtt.sock"));
  EXPECT_FALSE(keeps(Rule::bind, "unix:mqtt.sock"));
  EXPECT_FALSE(keeps(Rule::bind, "unix:"));
  EXPECT_TRUE(keeps(Rule::bind, "unix:/" + std::string(106, 'a')));
  EXPECT_FALSE(keeps(Rule::bind, "unix:/" + std::string(107, 'a'))) << "longer than a socket's name may be";
}

TEST(HostRule, OnlyItsOptionalFormMayBeEmpty) {
  EXPECT_TRUE(keeps(Rule::host_or_none, ""));
  EXPECT_TRUE(keeps(Rule::host_or_none, "::1"));
  EXPECT_FALSE(keeps(Rule::host_or_none, "unix:/a"));
  EXPECT_FALSE(keeps(Rule::host, ""));
  EXPECT_TRUE(keeps(Rule::host, "::1"));
}

TEST(TopicStartRule, TakesWhatATopicNameCanBeginWith) {
  for (const char* text : {"", "replies/", "a", "/"}) EXPECT_TRUE(keeps(Rule::topic_start, text)) << text;
  for (const char* text : {"replies/#", "+/replies", "\xff"})
    EXPECT_FALSE(keeps(Rule::topic_start, text)) << text;
  EXPECT_TRUE(keeps(Rule::topic_start, std::string(1024, 'a')));
  EXPECT_FALSE(keeps(Rule::topic_start, std::string(1025, 'a')));
}

TEST(EndpointRule, SplitsHostAndPort) {
  Endpoint endpoint;
  ASSERT_TRUE(parse_endpoint("a.example:7883", &endpoint));
  EXPECT_EQ(endpoint.host, "a.example");
  EXPECT_EQ(endpoint.port, "7883");
  ASSERT_TRUE(parse_endpoint("[::1]:1", &endpoint));
  EXPECT_EQ(endpoint.host, "::1");
  EXPECT_EQ(endpoint.port, "1");
  ASSERT_TRUE(parse_endpoint("2001:db8::5", &endpoint));
  EXPECT_EQ(endpoint.host, "2001:db8::5");
  EXPECT_EQ(endpoint.port, "");
  ASSERT_TRUE(parse_endpoint("[::1]", &endpoint));
  EXPECT_EQ(endpoint.port, "");
}

TEST(EndpointRule, RefusesPortsThatAreNone) {
  for (const char* text :
       {"a:", "a:0", "a:65536", "a:x", "a:1x", "a: 1", "[::1", "[::1]1", "[::1]:", "[a]:1", ":1", "a:1:2"})
    EXPECT_FALSE(keeps(Rule::endpoint, text)) << text;
  EXPECT_TRUE(keeps(Rule::endpoint, "a:65535"));
}

TEST(ModuleFileRule, IsANameOrAnAbsolutePath) {
  EXPECT_TRUE(keeps(Rule::module_file, "auth-ldap.so"));
  EXPECT_TRUE(keeps(Rule::module_file, "/opt/acme/auth-ldap.so"));
  for (const char* text : {"", ".", "..", "sub/auth.so", "../auth.so"})
    EXPECT_FALSE(keeps(Rule::module_file, text)) << text;
}

}  // namespace
}  // namespace tenon::config
