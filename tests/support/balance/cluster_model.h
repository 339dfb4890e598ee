#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "balance/controller.h"

namespace tenon::test {

using kv::NodeId;
using kv::StoreId;

// A cluster that has nothing but nodes and ranges: it elects leaders, and does what a controller orders, a
// few seconds later. Time goes in seconds, by step() only. Checks after each step that nothing has become of
// a range that must not.
class ClusterModel final : public balance::ControllerPorts {
 public:
  ClusterModel(std::size_t nodes, std::uint64_t seed);

  // --- what there is
  balance::View& view() { return view_; }
  // Ranges of a store with these voters, chosen by `voters_of`; led by the first of them.
  void add_ranges(StoreId store, std::size_t count,
                  const std::function<std::vector<NodeId>(std::size_t number)>& voters_of);
  std::vector<NodeId> random_voters(std::size_t count);
  // Nodes 1 to n.
  static NodeId node(std::size_t number) { return NodeId{number}; }
  void add_node();
  void kill(NodeId node);
  void restart(NodeId node);

  // --- what happens
  void run(balance::Controller& controller, std::size_t seconds);
  // Until nothing was ordered for `quiet` seconds; the seconds until then, or -1 when it never rests.
  std::int64_t run_until_rest(balance::Controller& controller, std::size_t seconds_max,
                              std::size_t quiet = 60);

  // --- what came of it
  std::uint64_t count(std::string_view kind) const;
  std::uint64_t refused() const { return refused_; }
  const std::vector<std::string>& faults() const { return faults_; }
  std::map<NodeId, std::uint64_t> leaders() const;
  std::map<NodeId, std::uint64_t> voters(StoreId store) const;
  // Most and least of the live nodes.
  std::uint64_t spread_of(const std::map<NodeId, std::uint64_t>& counts) const;
  // Σ max(0, count − ⌈mean⌉), or what the emptiest need, whichever is more.
  std::uint64_t least_moves(const std::map<NodeId, std::uint64_t>& counts) const;
  std::map<NodeId, std::uint64_t> loads() const;

  // balance::ControllerPorts
  void give(std::uint64_t number, const balance::Command& command, StoreId, std::string_view) override;
  void refused(StoreId, std::string_view, const balance::Command&, const balance::Refused&) override {
    ++refused_;
  }

 private:
  struct Order {
    std::uint64_t number = 0;
    balance::Command command;
    std::int64_t due_ms = 0;
  };
  balance::ViewNode* find(NodeId node);
  bool is_alive(NodeId node) const;
  void step(balance::Controller& controller);
  void carry_out(const Order& order, balance::Controller& controller);
  bool apply(balance::ViewRange& range, const balance::Command& command);
  void elect(balance::ViewRange& range);
  void tell(balance::ViewRange& range);
  void check();

  balance::View view_;
  std::mt19937_64 random_;
  std::vector<Order> orders_;
  std::map<std::string, std::uint64_t, std::less<>> counts_;
  std::uint64_t refused_ = 0;
  std::vector<std::string> faults_;
  std::uint64_t last_range_ = 0;
};

}  // namespace tenon::test
