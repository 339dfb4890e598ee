#include "bin/ctl/arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "bin/ctl/endpoint.h"

namespace tenon::ctl {
namespace {

using testing::HasSubstr;

Result<Arguments> parse(std::vector<const char*> args) {
  return parse_arguments(args);
}

TEST(CtlArguments, StatusTakesItsOptionsInAnyPlaceAndForm) {
  const auto args = parse({"--json", "status", "--endpoint", "unix:/a", "--token-file=/t"});
  ASSERT_TRUE(args.ok());
  EXPECT_EQ(args->command, Command::status);
  EXPECT_EQ(args->output, OutputForm::json);
  EXPECT_EQ(args->endpoint, "unix:/a");
  EXPECT_EQ(args->token_file, "/t");
}

TEST(CtlArguments, HelpAndVersionWinOverACommand) {
  EXPECT_EQ(parse({"status", "--help"})->command, Command::help);
  EXPECT_EQ(parse({"--version", "status"})->command, Command::version);
  EXPECT_EQ(parse({"-h"})->command, Command::help);
}

TEST(CtlArguments, WhatIsNotUnderstoodIsNamed) {
  const auto message = [](std::vector<const char*> args) {
    const auto result = parse(std::move(args));
    return result.ok() ? std::string("accepted") : result.error().message;
  };
  EXPECT_THAT(message({}), HasSubstr("a command is missing"));
  EXPECT_THAT(message({"--json"}), HasSubstr("a command is missing"));
  EXPECT_THAT(message({"stat"}), HasSubstr("\"stat\""));
  EXPECT_THAT(message({"status", "x"}), HasSubstr("\"x\""));
  EXPECT_THAT(message({"status", "status"}), HasSubstr("\"status\""));
  EXPECT_THAT(message({"status", "--jsn"}), HasSubstr("--jsn"));
  EXPECT_THAT(message({"status", "--endpoint"}), HasSubstr("--endpoint needs a value"));
  EXPECT_THAT(message({"status", "--endpoint="}), HasSubstr("--endpoint needs a value"));
  EXPECT_THAT(message({"status", "--endpoints", "x"}), HasSubstr("--endpoints"));
  EXPECT_THAT(message({"status", "--endpoint=unix:/a", "--endpoint=unix:/b"}), HasSubstr("twice"));
  EXPECT_THAT(message({"stat"}), HasSubstr("tenonctl --help"));
}

TEST(CtlArguments, BalancersAreShownAndAskedForPlans) {
  EXPECT_EQ(parse({"balance", "status"})->command, Command::balance_status);
  EXPECT_EQ(parse({"balance", "explain"})->command, Command::balance_explain);
  EXPECT_EQ(parse({"balance", "view"})->command, Command::balance_view);
  EXPECT_EQ(parse({"balance", "rules"})->command, Command::balance_rules);
  EXPECT_EQ(parse({"balance", "unset", "inbox/x", "--if-version=3"})->if_version, "3");
  const auto set =
      parse({"balance", "set", "inbox/x", "--disable", "--order", "7", "--options", "{}", "--reason", "r"});
  ASSERT_TRUE(set.ok());
  EXPECT_EQ(set->command, Command::balance_set);
  EXPECT_EQ(set->balancer + " " + set->enable + " " + set->order, "inbox/x false 7");
  const auto plan = parse({"balance", "plan", "--view", "v.json", "--plugin", "recovery", "--store=dist"});
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(plan->command, Command::balance_plan);
  EXPECT_EQ(plan->view, "v.json");
  EXPECT_EQ(plan->plugin, "recovery");
  EXPECT_EQ(plan->store, "dist");
  for (const auto& wrong :
       std::vector<std::vector<const char*>>{{"balance"},
                                             {"balance", "plan"},
                                             {"balance", "plan", "--view", "v"},
                                             {"balance", "plan", "--plugin", "p"},
                                             {"balance", "status", "--view", "v"},
                                             {"status", "--store", "inbox"},
                                             {"balance", "set", "inbox/x"},
                                             {"balance", "set", "--enable"},
                                             {"balance", "set", "inbox", "--enable"},
                                             {"balance", "set", "/x", "--enable"},
                                             {"balance", "set", "inbox/", "--enable"},
                                             {"balance", "set", "inbox/x", "--enable", "--disable"},
                                             {"balance", "set", "inbox/x", "--order", "y"},
                                             {"balance", "set", "inbox/x", "y", "--enable"},
                                             {"balance", "unset", "inbox/x", "--enable"},
                                             {"balance", "status", "--if-version", "1"},
                                             {"balance", "status", "x"}})
    EXPECT_FALSE(parse(wrong).ok());
}

TEST(CtlArguments, RangesAreListedAndOrdered) {
  EXPECT_EQ(parse({"range", "list"})->command, Command::range_list);
  const auto args = parse({"range", "transfer", "12", "--to", "00000000000000a1", "--reason=a test"});
  ASSERT_TRUE(args.ok());
  EXPECT_EQ(args->command, Command::range_transfer);
  EXPECT_EQ(args->range, "12");
  EXPECT_EQ(args->to, "00000000000000a1");
  EXPECT_EQ(args->reason, "a test");
  const auto members = parse({"range", "members", "12", "--voters", "a,b", "--learners", "c"});
  ASSERT_TRUE(members.ok());
  EXPECT_EQ(members->command, Command::range_members);
  EXPECT_EQ(members->voters, "a,b");
  EXPECT_EQ(members->learners, "c");
  EXPECT_EQ(parse({"range", "recover", "12", "--confirm"})->command, Command::range_recover);
  for (const auto& wrong : std::vector<std::vector<const char*>>{{"range"},
                                                                 {"range", "recover", "12"},
                                                                 {"range", "recover", "--confirm"},
                                                                 {"range", "list", "--confirm"},
                                                                 {"range", "members", "12"},
                                                                 {"range", "members", "--voters", "a"},
                                                                 {"range", "list", "--voters", "a"},
                                                                 {"range", "lis"},
                                                                 {"range", "list", "12"},
                                                                 {"range", "list", "--to", "a"},
                                                                 {"range", "transfer"},
                                                                 {"range", "transfer", "12"},
                                                                 {"range", "transfer", "x", "--to", "a"},
                                                                 {"range", "transfer", "1", "2", "--to", "a"},
                                                                 {"status", "--reason", "a"}})
    EXPECT_FALSE(parse(wrong).ok()) << wrong.back();
}

TEST(CtlArguments, ASplitSaysWhereInOneOfTwoWays) {
  EXPECT_EQ(parse({"range", "split", "12", "--key", "%00a"})->key, "%00a");
  EXPECT_TRUE(parse({"range", "split", "12", "--half"})->half);
  for (const auto& wrong :
       std::vector<std::vector<const char*>>{{"range", "split", "12"},
                                             {"range", "split", "12", "--half", "--key", "a"},
                                             {"range", "split", "12", "--half", "--to", "a"},
                                             {"range", "split", "--half"},
                                             {"range", "transfer", "12", "--to", "a", "--half"},
                                             {"range", "list", "--half"}})
    EXPECT_FALSE(parse(wrong).ok()) << wrong.back();
}

TEST(CtlArguments, TheHelpNamesEveryOptionAndExitCode) {
  for (const char* word : {"status", "--json", "--endpoint", "--token-file", "--help", "--version",
                           "TENON_ENDPOINT", "0 done", "1 failed", "2 wrong", "3 the broker", "4 denied"})
    EXPECT_THAT(std::string(help_text()), HasSubstr(word));
}

TEST(CtlEndpoint, UnderstandsUnixSocketsAndHttp) {
  const Endpoint unix_socket = parse_endpoint("unix:/run/tenon/api.sock").value();
  EXPECT_EQ(unix_socket.kind, Endpoint::Kind::unix_socket);
  EXPECT_EQ(unix_socket.path, "/run/tenon/api.sock");
  EXPECT_EQ(unix_socket.to_string(), "unix:/run/tenon/api.sock");
  EXPECT_EQ(unix_socket.authority(), "localhost");
  EXPECT_EQ(parse_endpoint("http://127.0.0.1:1234").value().to_string(), "http://127.0.0.1:1234");
  EXPECT_EQ(parse_endpoint("http://localhost/").value().to_string(), "http://localhost:9883");
  const Endpoint ipv6 = parse_endpoint("http://[::1]:80").value();
  EXPECT_EQ(ipv6.host, "::1");
  EXPECT_EQ(ipv6.authority(), "[::1]:80");
}

TEST(CtlEndpoint, RefusesEverythingElse) {
  for (const char* text :
       {"", "unix:", "unix:relative", "http://", "http://:1", "http://a:", "http://a:0", "http://a:65536",
        "http://a:x", "http://a:1x", "http://a/b", "http://a@b", "http://[::1", "http://[::1]x", "https://a",
        "tcp://a", "127.0.0.1:9883", "/run/api.sock"}) {
    const auto endpoint = parse_endpoint(text);
    ASSERT_FALSE(endpoint.ok()) << text;
    EXPECT_EQ(endpoint.error().code, Errc::invalid);
    EXPECT_THAT(endpoint.error().message, HasSubstr("unix:/path"));
  }
}

TEST(CtlEndpoint, KnowsThisMachineByItsText) {
  EXPECT_TRUE(parse_endpoint("http://127.0.0.1").value().is_loopback());
  EXPECT_TRUE(parse_endpoint("http://[::1]").value().is_loopback());
  EXPECT_TRUE(parse_endpoint("http://localhost").value().is_loopback());
  EXPECT_FALSE(parse_endpoint("http://10.0.0.1").value().is_loopback());
  EXPECT_FALSE(parse_endpoint("http://127.example.org").value().is_loopback());
  EXPECT_FALSE(parse_endpoint("unix:/a").value().is_loopback());
}

}  // namespace
}  // namespace tenon::ctl
