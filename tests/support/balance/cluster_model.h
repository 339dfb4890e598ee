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

// What clients do at keys of the store `inbox`: so many commands a second, evenly from `begin` to `end`.
// Places are numbers: a store of n ranges begins with one for each of [0, 1), [1, 2) to [n - 1, n).
struct HotSpot {
  double begin = 0;
  double end = 0;
  double commands_per_s = 0;
};

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
  // What ranges have to do follows in the course of a minute.
  void set_load(std::vector<HotSpot> spots);
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
  std::uint64_t commands_per_s_max() const;
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
  bool split(balance::ViewRange& range, const balance::Split& split);
  bool merge(balance::ViewRange& range, const balance::Merge& merge);
  bool recover(balance::ViewRange& range, const balance::Recover& recover);
  double load_between(double begin, double end) const;
  std::string middle_of(const balance::ViewRange& range, bool by_load) const;
  // A boundary has changed: what the range holds is not known before it is looked through.
  void forget_size(balance::ViewRange& range);
  std::map<std::uint64_t, double> loads_of_spots() const;
  void count_load();
  double end_of(const balance::ViewRange& range) const;
  bool has_majority(const balance::ViewRange& range) const;
  void elect(balance::ViewRange& range);
  void tell(balance::ViewRange& range);
  void check();

  balance::View view_;
  std::mt19937_64 random_;
  std::vector<Order> orders_;
  std::vector<HotSpot> spots_;
  bool counts_load_ = false;
  std::map<std::uint64_t, double> loads_;                // of ranges, as their leaders have counted
  std::map<std::uint64_t, std::int64_t> size_known_ms_;  // ranges of unknown size
  double end_ = 0;                                       // of all places
  std::map<std::string, std::uint64_t, std::less<>> counts_;
  std::uint64_t refused_ = 0;
  std::vector<std::string> faults_;
  std::uint64_t last_range_ = 0;
};

}  // namespace tenon::test
