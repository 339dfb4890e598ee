#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/sim_random.h"
#include "test_node.h"

namespace tenon::test {

// The group of tests that have one.
inline constexpr tenon_group_id group{1, 1};

// What a network does to messages, in percent.
struct Weather {
  std::uint32_t lost = 0;
  std::uint32_t doubled = 0;
  std::uint32_t late = 0;  // delivered in some later round, behind younger ones
};

// Nodes with one clock and a network between them. A round: every node that runs takes in what came, does its
// turns and writes, and what it sent comes with the next round. Everything follows from the seed.
//
// Holds all nodes to this at any time: what two nodes apply at one index of a group is the same.
class TestCluster {
 public:
  TestCluster(std::uint64_t nodes, std::uint64_t seed, std::string options = "{}");

  TestNode& node(std::uint64_t id) { return *nodes_.at(id); }
  // Adds a node that takes part in nothing yet.
  TestNode& add(std::uint64_t id);
  // The group on every node, founded by all of them.
  void open_everywhere(tenon_group_id group);

  void round();
  void rounds(int count) {
    while (count-- > 0) round();
  }
  // A tick of time, then a round.
  void tick();
  void ticks(int count) {
    while (count-- > 0) tick();
  }
  // Ticks until `done`; false when it did not come true in ticks_max.
  bool until(const std::function<bool()>& done, int ticks_max = 500);

  // The node that leads with the highest term; 0 when none does.
  std::uint64_t leader(tenon_group_id group);
  // Ticks until there is one; throws std::runtime_error when none comes.
  std::uint64_t await_leader(tenon_group_id group);
  // Every running node that has the group open has applied `data` once.
  bool applied_everywhere(tenon_group_id group, const std::string& data);
  // Ships the state of a group to each member that its leader wants a snapshot for; the number of states
  // sent.
  int ship_snapshots(tenon_group_id group);

  void set_weather(Weather weather) { weather_ = weather; }
  // Nothing passes between the node and the others, and nobody is told.
  void isolate(std::uint64_t id, bool isolated) { isolated_[id] = isolated; }
  // The node's links went or came.
  void tell_peers(std::uint64_t id, std::uint32_t state);

  std::uint64_t messages() const { return messages_; }
  std::uint64_t applies() const;
  SimRandom& random() { return random_; }

 private:
  void carry(std::vector<SentMessage> sent);
  void check_agreement();

  using Point = std::pair<std::pair<std::uint64_t, std::uint64_t>, std::uint64_t>;  // group, index

  std::string options_;
  SimRandom random_;
  Weather weather_;
  std::map<std::uint64_t, std::unique_ptr<TestNode>> nodes_;
  std::map<std::uint64_t, bool> isolated_;
  std::vector<SentMessage> under_way_;
  std::vector<SentMessage> late_;
  std::int64_t now_ns_ = 1'000'000'000;
  std::uint64_t messages_ = 0;
  std::map<Point, std::pair<std::uint64_t, std::string>> agreed_;  // term and data
  std::map<std::pair<std::uint64_t, std::pair<std::uint64_t, std::uint64_t>>, std::size_t> checked_;
};

}  // namespace tenon::test
