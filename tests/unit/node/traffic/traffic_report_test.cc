#include "node/traffic/traffic_report.h"

#include <gtest/gtest.h>

namespace tenon::node {
namespace {

using kv::NodeId;

constexpr NodeId self{0xa1};
constexpr NodeId other{0xb2};

class TrafficReportTest : public testing::Test {
 protected:
  static broker::Directives directives() {
    return broker::Directives({{"acme*", {{"blue", 1}}}, {"*", {{"blue", 1}, {"green", 2}}}});
  }
  static TrafficReport report(std::vector<TrafficReport::Row> rows) {
    TrafficReport report;
    report.lets_in = true;
    report.groups = {"blue"};
    report.addresses = {{"default", "b:1883"}};
    report.rows = std::move(rows);
    return report;
  }
  std::string sent_to(std::string_view tenant) {
    const auto elsewhere = traffic_.elsewhere({tenant, "client", "default", true});
    return elsewhere ? elsewhere->server_reference : "stays";
  }
  broker::Traffic traffic_;
};

TEST_F(TrafficReportTest, ANodeSaysItsWeightAndItsClientsByTheClosestDirective) {
  traffic_.set({directives(), {"green"}});
  broker::TenantTable tenants;
  const std::map<std::string, int> clients{{"acme", 2}, {"acme-eu", 3}, {"other", 5}};
  for (const auto& [name, count] : clients) tenants.find(name)->connections().take(count, 0);
  const auto rows = rows_of(traffic_, tenants);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].tenants, "acme*");
  EXPECT_EQ(rows[0].weight, 0u);
  EXPECT_EQ(rows[0].clients, 5u);
  EXPECT_EQ(rows[1].tenants, "*");
  EXPECT_EQ(rows[1].weight, 2u);
  EXPECT_EQ(rows[1].clients, 5u);
}

// Its groups and a directive may be newer here than there: it would send the client back.
TEST_F(TrafficReportTest, NobodyIsSentToANodeThatSaysItHasNoWeightForHim) {
  traffic_.set({directives(), {"red"}});
  take_reports({{{self, report({})}, {other, report({{"acme*", 0, 0}, {"*", 1, 0}})}}, {}}, self, traffic_);
  EXPECT_EQ(sent_to("acme"), "");
  EXPECT_EQ(sent_to("other"), "b:1883") << "it has one for others";
  take_reports({{{other, report({{"acme*", 1, 0}, {"*", 1, 0}})}}, {}}, self, traffic_);
  EXPECT_EQ(sent_to("acme"), "b:1883");
  take_reports({{{other, report({})}}, {}}, self, traffic_);
  EXPECT_EQ(sent_to("acme"), "b:1883") << "it says nothing of a directive that it has not read yet";
}

}  // namespace
}  // namespace tenon::node
