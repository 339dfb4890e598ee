#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "store/founding.h"
#include "store/replicas.h"
#include "store/snapshot/messages.h"
#include "support/temp_dir.h"
#include "unit/kv/text_machine.h"
#include "unit/store/plugins_under_test.h"

namespace tenon::store::test {

struct Packet {
  NodeId from;
  NodeId to;
  bool is_snapshot;
  std::string body;  // of a snapshot's message
  tenon_group_id group{};
  std::string payload;
};

// One node of a cluster: replicas of words (kv::TextMachine) over real plugins, on a directory that outlives
// the node. What goes to the journal is durable at once, and called so in persist().
class TestNode final : public ReplicaPorts {
 public:
  TestNode(NodeId self, const std::string& directory, const std::string& storage, ReplicasOptions options,
           const std::vector<kv::RangeRecord>& founders);
  // As a crash does: nothing is settled.
  ~TestNode() { replicas_.reset(); }

  Replicas& replicas() { return *replicas_; }
  Engine& engine() { return plugins_.engine(); }
  UnsyncedDisk& disk() { return plugins_.disk(); }
  const Replica& replica(const RangeId& range) const { return *replicas_->find(range); }
  void persist();
  std::string value(const RangeId& range, const std::string& key);
  // Where the log of the range begins.
  std::uint64_t log_base(const RangeId& range);

  // ReplicaPorts
  std::uint64_t append(std::span<const tenon_log_write> writes) override;
  void compact(const RangeId& range, const kv::LogPoint& base) override;
  void send(std::span<const tenon_peer_message> messages) override;
  void send_snapshot(NodeId to, std::string&& body) override {
    sent.push_back({self_, to, true, std::move(body), {}, {}});
  }
  void answer(const ReplyTo&, Answer&& answer) override { done += answer.code == AnswerCode::done; }
  void notify(const kv::Notice&) override {}
  void leader_changed(const RangeId&, NodeId) override {}
  void caught_up(const RangeId&) override { ++caught_up_count; }
  void engine_failed(const std::string&, const std::string& why) override { failures.push_back(why); }
  void engine_recovered(const std::string&) override {}
  void replica_failed(const RangeId&, const std::string& why) override { failures.push_back(why); }

  std::vector<Packet> sent;
  std::vector<std::string> failures;
  std::size_t done = 0;  // commands that were applied
  std::size_t caught_up_count = 0;

 private:
  const NodeId self_;
  PluginsUnderTest plugins_;
  std::unique_ptr<Replicas> replicas_;
  std::uint64_t written_ = 0;
  std::uint64_t persisted_ = 0;
};

// Three nodes and the links between them, in rounds of 10 ms.
class TestCluster {
 public:
  static ReplicasOptions small_options();

  explicit TestCluster(const std::string& storage, ReplicasOptions options = small_options(),
                       const std::vector<std::string>& split_keys = {});

  TestNode& node(std::size_t place) { return *nodes_[place]; }
  static NodeId id(std::size_t place) { return NodeId{place + 1}; }
  const std::string& directory(std::size_t place) { return directories_[place]->path(); }
  const RangeId& range(std::size_t number = 0) const { return records_[number].id; }
  std::size_t range_count() const { return records_.size(); }

  void stop(std::size_t place);
  void start(std::size_t place);
  // Nothing passes to or from the node, and both ends are told.
  void isolate(std::size_t place, bool isolated);
  // What is sent to the node is lost, and nobody is told.
  void deafen(std::size_t place) { deaf_.insert(id(place)); }
  // Each snapshot's message passes through it, may be changed, and is lost with false.
  std::function<bool(Packet& packet, const SnapshotMessage& message)> on_snapshot;

  void round();
  // Rounds until `done`; a failure if that never comes.
  bool until(const std::function<bool()>& done, int rounds_max = 6000);
  std::size_t await_leader(std::size_t number = 0);
  // One command, applied at the leader.
  void write(const std::string& key, const std::string& value, std::size_t number = 0);
  void write_many(int count, std::size_t number = 0, const std::string& value = std::string(40, 'v'));
  // The log of no other node has what this one lacks.
  bool is_lost(std::size_t place, std::size_t number = 0);
  bool is_level(std::size_t place, std::size_t number = 0);

  std::size_t chunks_sent = 0;
  std::size_t bytes_sent = 0;
  MonoNs now_ns() const { return now_ns_; }

 private:
  void deliver(Packet& packet);
  bool is_cut(NodeId node) const { return isolated_.contains(node) || !nodes_[place_of(node)]; }
  static std::size_t place_of(NodeId node) { return static_cast<std::size_t>(node) - 1; }

  const std::string storage_;
  const ReplicasOptions options_;
  std::vector<kv::RangeRecord> records_;
  std::vector<std::unique_ptr<tenon::test::TempDir>> directories_;
  std::vector<std::unique_ptr<TestNode>> nodes_;
  std::set<NodeId> isolated_;
  std::set<NodeId> deaf_;
  std::vector<Packet> under_way_;
  MonoNs now_ns_ = ns_per_s;
  UnixMs unix_ms_ = 1'000'000;
  int written_ = 0;
};

}  // namespace tenon::store::test
