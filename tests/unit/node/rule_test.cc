#include "node/balance/rule.h"

#include <gtest/gtest.h>

namespace tenon::node {
namespace {

using kv::StoreId;

Rule rule(const std::string& options = R"({"a":1,"b":{"c":2}})") {
  Rule rule;
  rule.store = StoreId::inbox;
  rule.balancer = "x";
  rule.order = 7;
  rule.options_json = options;
  rule.version = 12;
  return rule;
}

service::meta::ValueRecord record(std::string_view value) {
  return {12, 1000, "owner at a1", value};
}

config::BalancerSettings conf() {
  config::BalancerSettings conf;
  conf.name = "x";
  conf.options_json = R"({"b":{"c":1,"d":1},"e":true})";
  conf.origins = {{"enable", "default"}, {"order", "f.json:1"}, {"options.b", "f.json:2"}};
  return conf;
}

TEST(Rule, IsReadAsItWasPut) {
  Rule put = rule();
  put.is_enabled = false;
  put.reason = "because";
  put.change = "77";
  const std::string text = text_of(put);
  const auto read = read_rule(path_of(StoreId::inbox, "x"), record(text));
  ASSERT_TRUE(read);
  EXPECT_FALSE(read->error);
  put.by = "owner at a1";
  put.set_ms = 1000;
  EXPECT_EQ(read->rule, put);
}

TEST(Rule, WithAMemberThatThisVersionDoesNotKnowCannotBeFollowed) {
  for (const char* value :
       {R"({"zone":1})", R"({"order":-1})", R"({"order":1001})", R"({"enable":1})", "[]", "x"}) {
    const auto read = read_rule(path_of(StoreId::inbox, "x"), record(value));
    ASSERT_TRUE(read) << value;
    EXPECT_TRUE(read->error) << value;
    EXPECT_EQ(read->rule.balancer, "x");
  }
}

TEST(Rule, HasNoOtherPath) {
  for (const char* path : {"balance/rules/", "balance/rules/inbox", "balance/rules/inbox/",
                           "balance/rules/other/x", "balance/inbox/x"})
    EXPECT_FALSE(read_rule(path, record("{}"))) << path;
}

TEST(Rule, KeepsWhatAChangeDoesNotSayAndLosesWhatItTakesOut) {
  admin::RuleChange change;
  change.options_json = R"({"a":null,"f":[1]})";
  change.reason = "new";
  const auto changed = change_rule(rule(), change);
  ASSERT_TRUE(changed.ok());
  EXPECT_EQ(changed->options_json, R"({"b":{"c":2},"f":[1]})");
  EXPECT_EQ(changed->order, 7u);
  EXPECT_FALSE(changed->is_enabled.has_value());
  EXPECT_EQ(changed->reason, "new");
}

TEST(Rule, ThatMakesNoSenseIsRefusedWithThePlace) {
  admin::RuleChange change;
  change.order = 1001;
  EXPECT_EQ(change_rule(rule(), change).error().message, "stores.inbox.balancers.x.order: at most 1000");
  change.order.reset();
  change.options_json = "[]";
  EXPECT_EQ(change_rule(rule(), change).error().message,
            "stores.inbox.balancers.x.options: this is no JSON object");
}

TEST(Rule, WinsOverConfKeyByKeyAndEachValueSaysWhereItIsFrom) {
  const Rule over = rule();
  const auto effective = effective_balancer(StoreId::inbox, conf(), &over);
  EXPECT_TRUE(effective.is_enabled);
  EXPECT_EQ(effective.order, 7u);
  EXPECT_EQ(effective.options_json, R"({"b":{"c":2,"d":1},"e":true,"a":1})");
  std::string shown;
  for (const auto& value : effective.shown.values)
    shown += value.name + "=" + value.json + " from " + value.origin + "\n";
  EXPECT_EQ(shown,
            "enable=true from default\n"
            "order=7 from rule 12\n"
            "options.b={\"c\":2,\"d\":1} from rule 12\n"
            "options.e=true from default\n"
            "options.a=1 from rule 12\n");
}

TEST(Rule, ThatIsNotThereLeavesConfAsItIs) {
  const auto effective = effective_balancer(StoreId::inbox, conf(), nullptr);
  EXPECT_EQ(effective.options_json, conf().options_json);
  EXPECT_EQ(effective.order, 50u);
  EXPECT_EQ(effective.shown.version, 0u);
}

}  // namespace
}  // namespace tenon::node
