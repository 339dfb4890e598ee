#include "node/traffic/traffic_desk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "node/traffic/traffic_record.h"
#include "unit/host/fake_world.h"
#include "unit/node/meta_rig.h"
#include "unit/observe/memory_log_output.h"

namespace tenon::node {
namespace {

using admin::DirectiveChange;
using admin::DirectiveStatus;
using admin::GroupsChange;
using admin::GroupsStatus;
using admin::TrafficStatus;
using kv::NodeId;
using testing::HasSubstr;

constexpr NodeId a{0xa1};
constexpr NodeId b{0xb2};
const std::string a_text = "00000000000000a1";
const std::string b_text = "00000000000000b2";

class TrafficDeskTest : public testing::Test, public MetaRig {
 protected:
  TrafficDesk::World world(MetaWatch& watch, NodeId self, broker::Traffic::Orders& ret_orders) {
    return {watch,
            random_,
            log_,
            self,
            [&ret_orders](broker::Traffic::Orders orders) { ret_orders = std::move(orders); },
            [this](std::function<void(TrafficReports &&)> done) {
              TrafficReports reports = reports_;
              done(std::move(reports));
            }};
  }
  static DirectiveChange set(const std::string& tenants, std::map<std::string, std::uint32_t> weights) {
    DirectiveChange change;
    change.name = {"mqtt", tenants};
    change.weights = std::move(weights);
    change.reason = "noise";
    change.by = "owner";
    return change;
  }
  static GroupsChange put(const std::string& node, std::vector<std::string> groups) {
    GroupsChange change;
    change.node = node;
    change.groups = std::move(groups);
    change.by = "owner";
    return change;
  }
  Result<DirectiveStatus> outcome(const DirectiveChange& change) {
    std::optional<Result<DirectiveStatus>> result;
    desk_.change(change, [&](Result<DirectiveStatus>&& made) { result = std::move(made); });
    run();
    return result.value_or(Error{Errc::internal, "no answer"});
  }
  Result<GroupsStatus> outcome(const GroupsChange& change) {
    std::optional<Result<GroupsStatus>> result;
    desk_.change_groups(change, [&](Result<GroupsStatus>&& made) { result = std::move(made); });
    run();
    return result.value_or(Error{Errc::internal, "no answer"});
  }
  Result<TrafficStatus> listed() {
    std::optional<Result<TrafficStatus>> result;
    desk_.list([&](Result<TrafficStatus>&& made) { result = std::move(made); });
    run();
    return *result;
  }
  std::uint32_t weight(const broker::Traffic::Orders& orders, std::string_view tenant) {
    const auto found = orders.directives.find(tenant);
    return found ? orders.directives.all()[*found].weight_of(orders.groups) : 999;
  }

  host::test::CountingRandom random_;
  observe::LoggedLines logged_;
  observe::Log log_{clock_, std::make_unique<observe::MemoryLogOutput>(logged_), {}};
  TrafficReports reports_{{{a, {true, {"blue"}, {}, {}}}}, {b}};
  broker::Traffic::Orders orders_;
  broker::Traffic::Orders other_orders_;
  MetaWatch watch_{meta_world()};
  MetaWatch other_watch_{meta_world()};
  TrafficDesk desk_{world(watch_, a, orders_), {"blue"}};
  TrafficDesk other_{world(other_watch_, b, other_orders_), {"green"}};
};

TEST_F(TrafficDeskTest, ADirectiveHoldsHereWhenItsChangeIsAnsweredAndAtOthersWithTheirNextLook) {
  const auto made = outcome(set("acme-*", {{"blue", 3}, {"green", 1}}));
  ASSERT_TRUE(made.ok()) << made.error().message;
  EXPECT_EQ(made->weights, (std::map<std::string, std::uint32_t>{{"blue", 3}, {"green", 1}}));
  EXPECT_EQ(made->reason, "noise");
  EXPECT_EQ(made->by, "owner at " + a_text);
  EXPECT_GT(made->version, 0u);
  EXPECT_EQ(weight(orders_, "acme-eu"), 3u);
  EXPECT_EQ(weight(orders_, "other"), 999u);
  other_watch_.look(7);
  run();
  EXPECT_EQ(weight(other_orders_, "acme-eu"), 1u);
  EXPECT_THAT(logged_.all(), testing::Contains(HasSubstr("directive mqtt acme-*")));
}

TEST_F(TrafficDeskTest, WhatWasTakenBackHoldsNoMore) {
  const auto made = outcome(set("acme", {{"blue", 3}}));
  DirectiveChange removal = set("acme", {});
  removal.removes = true;
  removal.version = made->version + 1;
  EXPECT_EQ(outcome(removal).error().code, Errc::exists);
  removal.version = made->version;
  const auto removed = outcome(removal);
  ASSERT_TRUE(removed.ok());
  EXPECT_EQ(removed->weights.at("blue"), 3u);
  EXPECT_EQ(weight(orders_, "acme"), 999u);
  removal.version.reset();
  EXPECT_EQ(outcome(removal).error().code, Errc::not_found);
}

TEST_F(TrafficDeskTest, GroupsThatAreSaidAtRuntimeWinOverTheConfigurationUntilTheyAreTakenBack) {
  (void)outcome(set("*", {{"green", 5}}));
  EXPECT_EQ(weight(orders_, "x"), 0u);
  const auto made = outcome(put(a_text, {"green", "red"}));
  ASSERT_TRUE(made.ok()) << made.error().message;
  EXPECT_EQ(made->groups, (std::vector<std::string>{"green", "red"}));
  EXPECT_EQ(weight(orders_, "x"), 5u);
  desk_.conf_changed({"yellow"});
  EXPECT_EQ(weight(orders_, "x"), 5u);
  GroupsChange back = put(a_text, {});
  back.removes = true;
  ASSERT_TRUE(outcome(back).ok());
  EXPECT_EQ(orders_.groups, std::vector<std::string>{"yellow"});
  EXPECT_EQ(outcome(put(b_text, {"green"})).error().code, Errc::not_found) << "it has not answered";
}

TEST_F(TrafficDeskTest, DirectivesAndNodesAreListed) {
  (void)outcome(set("acme", {{"blue", 3}}));
  (void)outcome(put(a_text, {"red"}));
  reports_.of[a].rows = {{"acme", 3, 17}};
  const auto status = listed();
  ASSERT_TRUE(status.ok());
  ASSERT_EQ(status->directives.size(), 1u);
  ASSERT_EQ(status->nodes.size(), 1u);
  EXPECT_TRUE(status->nodes[0].is_this);
  EXPECT_GT(status->nodes[0].groups.version, 0u);
  EXPECT_EQ(status->nodes[0].rows[0].clients, 17u);
  EXPECT_EQ(status->missing_nodes, std::vector<std::string>{b_text});
  ASSERT_EQ(status->audit.size(), 2u);
  EXPECT_EQ(status->audit[0].what, "directive mqtt acme");
  EXPECT_EQ(status->audit[1].what, "groups " + a_text);
  EXPECT_EQ(status->audit[1].by, "owner at " + a_text);
  reports_.of.clear();
  ASSERT_EQ(listed()->away.size(), 1u);
  EXPECT_EQ(listed()->away[0].node, a_text);
}

TEST_F(TrafficDeskTest, ANodeThatHasNotReadAnythingSaysSo) {
  const auto status = listed();
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, Errc::busy);
}

TEST_F(TrafficDeskTest, WhatNothingCouldFollowFromIsRefusedWithTheReason) {
  DirectiveChange change = set("acme", {{"blue", 1}});
  for (const auto& [service, why] :
       std::vector<std::pair<std::string, std::string>>{{"dist.worker", "replica of its own"},
                                                        {"retain.store", "replica of its own"},
                                                        {"inbox.store", "leader"},
                                                        {"dict.server", "client id"},
                                                        {"api", "has chosen the node"}}) {
    change.name.service = service;
    const auto refused = outcome(change);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, Errc::invalid);
    EXPECT_THAT(refused.error().message, HasSubstr(why));
  }
  change.name.service = "ftp";
  EXPECT_EQ(outcome(change).error().code, Errc::not_found);
  EXPECT_THAT(outcome(set("acme", {{"blue", 0}})).error().message, HasSubstr("nobody would serve"));
  EXPECT_THAT(outcome(set("acme", {})).error().message, HasSubstr("nobody would serve"));
  EXPECT_THAT(outcome(set("acme", {{"blue", 101}})).error().message, HasSubstr("above 100"));
  EXPECT_THAT(outcome(set("acme", {{"a b", 1}})).error().message, HasSubstr("\"a b\""));
  EXPECT_THAT(outcome(set("a*b", {{"blue", 1}})).error().message, HasSubstr("\"a*b\""));
  EXPECT_EQ(outcome(put("a1", {"blue"})).error().code, Errc::not_found);
  EXPECT_EQ(outcome(put(a_text, {"-"})).error().code, Errc::invalid);
  EXPECT_TRUE(meta_.state.items.empty());
}

TEST(TrafficRecord, WhatThisVersionDoesNotUnderstandIsNotFollowed) {
  const auto read = [](std::string_view path, std::string_view value) {
    return read_directive(path, {3, 1000, "owner", value});
  };
  const std::string good = R"({"weights":{"blue":3},"reason":"r","change":"t","later":true})";
  ASSERT_TRUE(read("traffic/directives/mqtt/acme-*", good));
  EXPECT_EQ(read("traffic/directives/mqtt/acme-*", good)->name.tenants, "acme-*");
  EXPECT_FALSE(read("traffic/directives/mqtt", good));
  EXPECT_FALSE(read("traffic/groups/mqtt/acme", good));
  for (const char* bad :
       {"", "[]", "{}", R"({"weights":[]})", R"({"weights":{"blue":"3"}})", R"({"weights":{"blue":-1}})"})
    EXPECT_FALSE(read("traffic/directives/mqtt/acme", bad)) << bad;
  EXPECT_FALSE(read_groups("traffic/groups/00000000000000a1", {3, 1000, "owner", R"({"groups":[7]})"}));
  EXPECT_FALSE(read_groups("traffic/groups/x", {3, 1000, "owner", R"({"groups":["blue"]})"}));
}

TEST(TrafficReportWire, ClientsAreCountedForTheDirectiveThatCountsForThem) {
  broker::Traffic traffic;
  traffic.set({broker::Directives({{"acme*", {{"blue", 2}}}, {"acme-eu", {{"blue", 0}}}}), {"blue"}});
  broker::TenantTable tenants;
  (void)tenants.find("acme-us")->connections().take(3, 0);
  (void)tenants.find("acme-de")->connections().take(4, 0);
  (void)tenants.find("acme-eu")->connections().take(5, 0);
  (void)tenants.find("other")->connections().take(6, 0);
  TrafficReport report{true, {"blue"}, {{"default", "b:1883"}}, rows_of(traffic, tenants)};
  broker::NodeAsks::Replies replies;
  replies.answers[b] = write_traffic_report(report);
  replies.answers[a] = "";
  const TrafficReports read = read_traffic_reports(replies);
  EXPECT_EQ(read.missing, std::vector<NodeId>{a});
  const TrafficReport& told = read.of.at(b);
  ASSERT_EQ(told.rows.size(), 2u);
  EXPECT_EQ(told.rows[0].clients, 7u);
  EXPECT_EQ(told.rows[0].weight, 2u);
  EXPECT_EQ(told.rows[1].clients, 5u);
  broker::Traffic elsewhere;
  elsewhere.set({broker::Directives({{"*", {{"blue", 1}}}}), {}});
  take_reports(read, a, elsewhere);
  EXPECT_EQ(elsewhere.elsewhere({"x", "c", "default", true})->server_reference, "b:1883");
}

}  // namespace
}  // namespace tenon::node
