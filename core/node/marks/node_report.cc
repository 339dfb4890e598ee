#include "node/marks/node_report.h"

#include <algorithm>

#include "broker/remote/remote_wire.h"
#include "node/operate/link_answers.h"
#include "node/operate/read_replies.h"

namespace tenon::node {

std::string write_report_question() {
  return std::string(1, static_cast<char>(NodeQuestion::report));
}

std::string write_report(const NodeReport& report) {
  return broker::write_remote(report);
}

bool NodeReports::is_linked(kv::NodeId node) const {
  return of.contains(node) || std::any_of(of.begin(), of.end(), [node](const auto& entry) {
           const auto& linked = entry.second.linked;
           return std::find(linked.begin(), linked.end(), static_cast<std::uint64_t>(node)) != linked.end();
         });
}

NodeReports read_reports(const broker::NodeAsks::Replies& replies) {
  NodeReports reports;
  read_replies(replies, reports.of, reports.missing);
  return reports;
}

}  // namespace tenon::node
