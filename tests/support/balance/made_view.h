#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "balance/view.h"

namespace tenon::test {

using balance::View;
using balance::ViewNode;
using balance::ViewRange;
using kv::NodeId;
using kv::StoreId;

// A view written down as data, for tests of strategies and of what runs them. Ranges of a store follow each
// other in the order in which they are added, all replicas keep up, and everything has been as it is for an
// hour.
class MadeView {
 public:
  static constexpr std::int64_t now_ms = 3'600'000;

  MadeView() {
    view_.now_ms = now_ms;
    view_.seed = 1;
  }

  ViewNode& node(std::uint64_t id) {
    ViewNode& node = view_.nodes.emplace_back();
    node.id = NodeId{id};
    node.is_alive = true;
    node.cores = 2;
    node.stores = balance::all_stores;
    return node;
  }
  MadeView& nodes(std::initializer_list<std::uint64_t> ids) {
    for (const std::uint64_t id : ids) node(id);
    return *this;
  }
  ViewNode& gone(std::uint64_t id, std::int64_t for_ms) {
    ViewNode& gone = node(id);
    gone.is_alive = false;
    gone.since_ms = now_ms - for_ms;
    return gone;
  }

  // The references are good until the next call of their kind.
  ViewRange& range(std::uint64_t id, const std::vector<std::uint64_t>& voters, std::uint64_t leader,
                   StoreId store = StoreId::inbox, const std::vector<std::uint64_t>& learners = {}) {
    ViewRange& range = view_.ranges.emplace_back();
    range.id = id;
    range.what.store = store;
    range.what.epoch = {1, 1};
    range.what.members.voters = ids(voters);
    range.what.members.learners = ids(learners);
    range.leader = NodeId{leader};
    for (const auto* nodes : {&voters, &learners})
      for (const std::uint64_t member : *nodes)
        range.replicas.push_back({NodeId{member}, true, false, 1, 100, 0});
    return range;
  }
  balance::StoreWish& wish(StoreId store = StoreId::inbox) { return view_.wishes[store]; }

  // Puts everything into its order and gives the ranges their keys. REQUIRES: nothing is added behind it.
  View& done() {
    std::map<StoreId, std::size_t> counts;
    for (ViewRange& range : view_.ranges) {
      const std::size_t number = counts[range.what.store]++;
      if (range.what.begin.empty() && number > 0) range.what.begin = key(number);
      range.what.end = key(number + 1);
    }
    for (auto range = view_.ranges.rbegin(); range != view_.ranges.rend(); ++range)
      if (counts.erase(range->what.store) > 0) range->what.end.clear();
    view_.sort();
    return view_;
  }

  static std::vector<NodeId> ids(const std::vector<std::uint64_t>& numbers) {
    std::vector<NodeId> nodes;
    for (const std::uint64_t number : numbers) nodes.push_back(NodeId{number});
    return nodes;
  }
  static std::string key(std::size_t number) {
    std::string key = std::to_string(number);
    return std::string(8 - key.size(), '0') + key;
  }

 private:
  View view_;
};

}  // namespace tenon::test
