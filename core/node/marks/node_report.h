#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "broker/operate/node_asks.h"
#include "kv/descriptor.h"
#include "node/marks/drain_work.h"

namespace tenon::node {

// What a node says of itself when another one asks, for operators and for nodes that send their clients away.
struct NodeReport {
  struct Address {
    std::string listener;
    std::string text;  // as listeners.<name>.advertise

    template <class Form, class Self>
    static void form(Form& f, Self& s) {
      f(s.listener, s.text);
    }
  };
  std::uint8_t phase = 0;  // DrainWork::Phase
  bool lets_in = false;    // clients
  std::uint64_t clients = 0;
  std::uint64_t leaders = 0;
  std::uint64_t replicas = 0;
  std::vector<std::uint64_t> linked;  // other nodes
  std::vector<std::uint64_t> known;   // that were linked or expected since the node's start
  std::vector<Address> addresses;

  template <class Form, class Self>
  static void form(Form& f, Self& s) {
    f(s.phase, s.lets_in, s.clients, s.leaders, s.replicas, s.linked, s.known, s.addresses);
  }
};

// The question, and the answer to it.
std::string write_report_question();
std::string write_report(const NodeReport& report);

struct NodeReports {
  std::map<kv::NodeId, NodeReport> of;
  std::vector<kv::NodeId> missing;  // no answer, or none that makes sense

  // Whether any node has a link to it, or it has answered itself.
  bool is_linked(kv::NodeId node) const;
};
NodeReports read_reports(const broker::NodeAsks::Replies& replies);

}  // namespace tenon::node
