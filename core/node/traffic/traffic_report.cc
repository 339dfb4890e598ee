#include "node/traffic/traffic_report.h"

#include <set>
#include <utility>

#include "broker/remote/remote_wire.h"
#include "node/operate/link_answers.h"
#include "node/operate/read_replies.h"

namespace tenon::node {

std::string write_traffic_question() {
  return std::string(1, static_cast<char>(NodeQuestion::traffic));
}

std::string write_traffic_report(const TrafficReport& report) {
  return broker::write_remote(report);
}

TrafficReports read_traffic_reports(const broker::NodeAsks::Replies& replies) {
  TrafficReports reports;
  read_replies(replies, reports.of, reports.missing);
  return reports;
}

std::vector<TrafficReport::Row> rows_of(const broker::Traffic& traffic, broker::TenantTable& tenants) {
  const auto orders = traffic.orders();
  const broker::Directives& directives = orders->directives;
  std::vector<TrafficReport::Row> rows;
  for (const broker::Directive& directive : directives.all())
    rows.push_back({directive.tenants, directive.weight_of(orders->groups), 0});
  if (rows.empty()) return rows;
  for (broker::Tenant* tenant : tenants.all())
    if (const auto found = directives.find(tenant->name()))
      rows[*found].clients += tenant->connections().taken();
  return rows;
}

void take_reports(const TrafficReports& reports, kv::NodeId self, broker::Traffic& ret_traffic) {
  std::map<std::string, std::uint64_t> own;
  std::vector<broker::Traffic::Node> others;
  for (const auto& [id, report] : reports.of) {
    std::map<std::string, std::uint64_t> clients;
    std::set<std::string> turned_away;
    for (const TrafficReport::Row& row : report.rows) {
      clients[row.tenants] = row.clients;
      if (row.weight == 0) turned_away.insert(row.tenants);
    }
    if (id == self) {
      own = std::move(clients);
      continue;
    }
    broker::Traffic::Node& node = others.emplace_back();
    node.groups = report.groups;
    node.lets_in = report.lets_in;
    node.turned_away = std::move(turned_away);
    node.clients = std::move(clients);
    for (const NodeReport::Address& address : report.addresses)
      node.addresses[address.listener].push_back(address.text);
  }
  ret_traffic.set_nodes(own, std::move(others));
}

}  // namespace tenon::node
