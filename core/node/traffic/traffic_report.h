#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "broker/operate/node_asks.h"
#include "broker/tenants/tenant_table.h"
#include "broker/traffic/traffic.h"
#include "kv/descriptor.h"
#include "node/marks/node_report.h"

namespace tenon::node {

// What a node says of itself to those that send clients to it, or from it.
struct TrafficReport {
  struct Row {
    std::string tenants;  // of a directive
    std::uint32_t weight = 0;
    std::uint64_t clients = 0;

    template <class Form, class Self>
    static void form(Form& f, Self& s) {
      f(s.tenants, s.weight, s.clients);
    }
  };
  bool lets_in = false;  // clients
  std::vector<std::string> groups;
  std::vector<NodeReport::Address> addresses;
  std::vector<Row> rows;

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.lets_in, s.groups, s.addresses, s.rows);
  }
};

// The question, and the answer to it.
std::string write_traffic_question();
std::string write_traffic_report(const TrafficReport& report);

struct TrafficReports {
  std::map<kv::NodeId, TrafficReport> of;
  std::vector<kv::NodeId> missing;  // no answer, or none that makes sense
};
TrafficReports read_traffic_reports(const broker::NodeAsks::Replies& replies);

// What this node has for each of the directives that it follows.
std::vector<TrafficReport::Row> rows_of(const broker::Traffic& traffic, broker::TenantTable& tenants);

// Brings what the nodes have said to where clients are placed.
void take_reports(const TrafficReports& reports, kv::NodeId self, broker::Traffic& ret_traffic);

}  // namespace tenon::node
