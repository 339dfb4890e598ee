#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "store/disk/log_chunk.h"
#include "store/founding.h"
#include "store/keeper.h"
#include "store/orders/order.h"
#include "support/temp_dir.h"
#include "unit/kv/text_machine.h"
#include "unit/store/plugins_under_test.h"

namespace tenon::store::test {

// One node of a cluster: its keeper over real plugins, on a directory that outlives the node. What goes to
// the journal is durable at once, unless it is held back, and called so in persist().
class KeeperNode final : PeerPort, KeeperPorts {
 public:
  struct Packet {
    NodeId from;
    NodeId to;
    PeerMessage kind;
    std::string body;
  };

  KeeperNode(NodeId self, kv::SourceId source, const std::string& directory, const std::string& storage,
             ReplicasOptions options, const std::vector<kv::RangeRecord>& founders, bool is_damaged = false);
  // As a crash does: nothing is settled.
  ~KeeperNode();

  Keeper& keeper() { return *keeper_; }
  Engine& engine() { return plugins_.engine(); }
  const Journal& journal() { return plugins_.journal(); }
  UnsyncedDisk& disk() { return plugins_.disk(); }
  // The engine's records, as a start would find them.
  std::vector<kv::RangeRecord> records() { return read_range_records(engine()).value(); }
  void persist();

  std::vector<Packet> sent;
  std::map<std::uint64_t, Answer> answers;  // by ticket
  std::vector<std::uint64_t> answered;      // tickets, in the order of their answers
  std::vector<std::string> failures;
  std::vector<std::string> recovery_reports;
  std::vector<RangeId> closed;
  std::vector<GivenUp> given_up;  // written down
  bool keeps_given_up = true;     // else the disk that it goes to is full
  int refused_count = 0;          // what was to be written down and was not
  bool holds_log = false;         // what goes to the journal is under way from now on

 private:
  void write(std::span<const tenon_log_write> writes);
  // PeerPort
  void send(NodeId to, PeerMessage kind, std::string&& body) override {
    sent.push_back({self_, to, kind, std::move(body)});
  }
  // KeeperPorts
  std::uint64_t append(std::span<const tenon_log_write> writes) override;
  void compact(const RangeId& range, const kv::LogPoint& base) override;
  void engine_failed(const std::string&, const std::string& why) override { failures.push_back(why); }
  void engine_recovered(const std::string&) override {}
  void replica_failed(const RangeId&, const std::string& why) override { failures.push_back(why); }
  std::string hard_state(const RangeId& range) override {
    const auto found = hard_states_.find(range);
    return found == hard_states_.end() ? std::string() : found->second;
  }
  void finished(Ticket ticket, Answer&& answer) override;
  void heard_of_ranges(NodeId, std::string_view) override {}
  void noticed(std::string_view) override {}
  void leader_changed(const RangeId&, NodeId) override {}
  Engine* engine_of(StoreId) override { return &plugins_.engine(); }
  MemberPolicy member_policy(StoreId) override { return {}; }
  void replica_closed(const RangeId& range) override { closed.push_back(range); }
  void recovery_report(const RangeId&, const std::string& what) override { recovery_reports.push_back(what); }
  Result<std::string> keep_given_up(const GivenUp& one) override {
    if (!keeps_given_up && ++refused_count > 0) return Error{Errc::no_space, "the disk is full"};
    given_up.push_back(one);
    return std::string("a file");
  }

  const NodeId self_;
  PluginsUnderTest plugins_;
  Replication replication_;
  std::unique_ptr<Keeper> keeper_;
  std::map<RangeId, std::string> hard_states_;  // as the journal gave them
  std::vector<LogChunk> held_;                  // of the journal
  std::uint64_t written_ = 0;
  std::uint64_t persisted_ = 0;
};

// Three nodes and the links between them, in rounds of 10 ms. One range of words (kv::TextMachine) to begin
// with, of the store `meta`.
class KeeperCluster {
 public:
  explicit KeeperCluster(const std::string& storage = "memory", std::size_t node_count = 3,
                         ReplicasOptions options = {});

  static NodeId id(std::size_t place) { return NodeId{place + 1}; }
  std::size_t size() const { return nodes_.size(); }
  bool is_up(std::size_t place) const { return nodes_[place] != nullptr; }
  KeeperNode& node(std::size_t place) { return *nodes_[place]; }
  RangeId first_range() const { return records_.front().id; }
  UnsyncedDisk& disk(std::size_t place) { return node(place).disk(); }

  void stop(std::size_t place);
  // `is_damaged`: as one that can't open its replicas.
  void start(std::size_t place, bool is_damaged = false);
  void isolate(std::size_t place, bool isolated);
  // One link.
  void cut(std::size_t place, std::size_t other, bool is_cut);
  // Each packet passes through it, and is lost with false.
  std::function<bool(const KeeperNode::Packet& packet)> on_packet;

  void round();
  void rounds(int count) {
    for (int i = 0; i < count; ++i) round();
  }
  // Rounds until `done`; false if that never comes.
  bool until(const std::function<bool()>& done, int rounds_max = 6000);
  // The place of who leads the range.
  std::size_t await_leader(const RangeId& range);

  // These give a ticket; the answer comes to node(place).answers.
  std::uint64_t append(std::size_t place, const std::string& key, const std::string& text);
  std::uint64_t ask(std::size_t place, Request::Kind kind, const std::string& key, const std::string& text);
  std::uint64_t order(std::size_t place, const RangeId& range, decltype(Order::what) what);
  std::uint64_t order(std::size_t place, const Order& order);
  std::uint64_t recover(std::size_t place, const RangeId& range, bool by_silence = false);
  // Rounds until there is an answer.
  Answer await(std::size_t place, std::uint64_t ticket);
  Answer run_order(std::size_t place, const RangeId& range, decltype(Order::what) what) {
    return await(place, order(place, range, std::move(what)));
  }
  // What a query at this node says of the item.
  std::string value(std::size_t place, const std::string& key);
  kv::Epoch epoch(std::size_t place, const RangeId& range);

  // What nodes say from their next links on that they know.
  void set_versions(const kv::CommandVersions& versions) { versions_ = versions; }

  MonoNs now_ns() const { return now_ns_; }

 private:
  std::uint64_t submit(std::size_t place, Request&& request);
  void tell(std::size_t place, std::size_t other);
  bool is_cut(std::size_t place) const {
    return place >= nodes_.size() || isolated_.contains(place) || !nodes_[place];
  }
  bool is_cut(std::size_t place, std::size_t other) const {
    return is_cut(place) || is_cut(other) || cut_.contains(std::minmax(place, other));
  }
  void tell_of_link(std::size_t place, std::size_t other);
  static std::size_t place_of(NodeId node) { return static_cast<std::size_t>(node) - 1; }

  const std::string storage_;
  const ReplicasOptions options_;
  std::vector<kv::RangeRecord> records_;
  std::vector<std::unique_ptr<tenon::test::TempDir>> directories_;
  std::vector<std::unique_ptr<KeeperNode>> nodes_;
  std::set<std::size_t> founded_;
  std::set<std::size_t> isolated_;
  std::set<std::pair<std::size_t, std::size_t>> cut_;  // links, the lower place first
  kv::CommandVersions versions_;
  std::vector<KeeperNode::Packet> under_way_;
  std::uint64_t last_ticket_ = 0;
  std::uint64_t last_source_ = 0;
  std::uint64_t last_order_ = 0;
  MonoNs now_ns_ = ns_per_s;
  UnixMs unix_ms_ = 1'000'000;
};

}  // namespace tenon::store::test
