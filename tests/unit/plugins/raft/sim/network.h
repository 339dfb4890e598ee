#pragma once

#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include "algorithm/message.h"
#include "algorithm/parts/random.h"

namespace tenon::raft::sim {

// What a network does to messages between nodes. Time is in steps.
struct NetworkFaults {
  std::uint32_t delay_min = 1;
  std::uint32_t delay_max = 10;
  std::uint32_t late_percent = 0;  // of messages, delayed by up to late_max
  std::uint32_t late_max = 300;
  std::uint32_t lost_percent = 0;
  std::uint32_t doubled_percent = 0;
};

class Network {
 public:
  explicit Network(const NetworkFaults& faults) : faults_(faults) {}

  // After how many steps the copies of a message arrive; empty when it is lost. Delays differ, so order is
  // not kept.
  std::vector<std::uint32_t> route(const Message& message, Random& random) const;

  // One direction only.
  void cut(NodeId from, NodeId to) { cut_.insert({from, to}); }
  bool reaches(NodeId from, NodeId to) const { return !cut_.contains({from, to}); }
  void heal() { cut_.clear(); }

  NetworkFaults& faults() { return faults_; }

 private:
  NetworkFaults faults_;
  std::set<std::pair<NodeId, NodeId>> cut_;
};

}  // namespace tenon::raft::sim
