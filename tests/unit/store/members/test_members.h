#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "store/founding.h"
#include "store/keeper.h"
#include "support/temp_dir.h"
#include "unit/kv/text_machine.h"
#include "unit/store/plugins_under_test.h"

namespace tenon::store::test {

struct MemberPacket {
  NodeId from;
  NodeId to;
  PeerMessage kind;
  std::string body;
};

// One node with a keeper of words (kv::TextMachine) in the place of the store `inbox`, and of no other, over
// real plugins, on a directory that outlives it. What goes to the journal is on the disk at once, and called
// durable in persist().
class MemberNode final : KeeperPorts, PeerPort {
 public:
  MemberNode(NodeId self, const std::string& directory, MemberPolicy policy,
             const std::vector<kv::RangeRecord>& founders, bool finds_its_replica_damaged);
  // As a crash does: nothing is settled.
  ~MemberNode() { keeper_.reset(); }

  Keeper& keeper() { return *keeper_; }
  Engine& engine() { return plugins_.engine(); }
  void persist();
  // A command; the answer that it was applied, now or when it was sent before, is counted in `done`.
  // `everywhere`: by the replicas of all nodes that it has a link to.
  void put(const std::string& key, const std::string& value, bool everywhere = false);
  // Nothing that it appends becomes durable, until there is room again.
  void fill_log(bool on);
  // The same, for good.
  void fail_log();
  // A question, whose answer nobody waits for.
  void glance(const std::string& key);
  // What its ranges should have from now on.
  void set_policy(MemberPolicy policy) { policy_ = std::move(policy); }
  // Its replica fails with the next command that it applies, or question that it answers.
  void break_replica() { breaks_ = true; }
  void order(const Order& order);
  // Of this node's replica; "-": there is none.
  std::string value(const RangeId& range, const std::string& key) const;

  std::vector<MemberPacket> sent;
  std::vector<std::string> reports;
  std::vector<std::string> failures;
  std::set<RangeId> open;
  std::size_t done = 0;
  std::optional<Answer> order_answer;
  std::size_t caught_up_count = 0;

 private:
  // KeeperPorts
  std::uint64_t append(std::span<const tenon_log_write> writes) override;
  void compact(const RangeId& range, const kv::LogPoint& base) override;
  void engine_failed(const std::string&, const std::string& why) override { failures.push_back(why); }
  void engine_recovered(const std::string&) override {}
  void replica_failed(const RangeId&, const std::string& why) override { failures.push_back(why); }
  void finished(Ticket ticket, Answer&& answer) override {
    if (ticket == Ticket{3}) return;
    if (ticket == order_ticket)
      order_answer = std::move(answer);
    else
      done += answer.code == AnswerCode::done || answer.code == AnswerCode::duplicate;
  }
  void heard_of_ranges(NodeId, std::string_view) override {}
  void noticed(std::string_view) override {}
  void leader_changed(const RangeId&, NodeId) override {}
  void caught_up(const RangeId&) override { ++caught_up_count; }
  Engine* engine_of(StoreId store) override { return store == StoreId::inbox ? &plugins_.engine() : nullptr; }
  MemberPolicy member_policy(StoreId) override { return policy_; }
  void replica_opened(const kv::RangeRecord& record) override { open.insert(record.id); }
  void replica_closed(const RangeId& range) override { open.erase(range); }
  void members_report(const RangeId&, const std::string& what) override { reports.push_back(what); }
  // PeerPort
  void send(NodeId to, PeerMessage kind, std::string&& body) override {
    sent.push_back({self_, to, kind, std::move(body)});
  }

  class Machine;
  static constexpr Ticket order_ticket{2};

  const NodeId self_;
  MemberPolicy policy_;
  bool breaks_ = false;
  bool log_is_full_ = false;
  PluginsUnderTest plugins_;
  std::unique_ptr<Keeper> keeper_;
  std::uint64_t written_ = 0;
  std::uint64_t persisted_ = 0;
};

// Nodes 1 to `founders` that found one range together, others that come later, and the links between them; in
// rounds of 10 ms.
class MemberCluster {
 public:
  explicit MemberCluster(std::size_t founders, MemberPolicy policy = {});

  static NodeId id(std::size_t number) { return NodeId{number}; }
  MemberNode& node(std::size_t number) { return *nodes_.at(id(number)); }
  const RangeId& range() const { return records_.front().id; }
  const kv::Descriptor& descriptor();

  void start(std::size_t number, bool finds_its_replica_damaged = false);
  // As a node does that is in the cluster already, and has nothing.
  void start_without_founding(std::size_t number);
  void kill(std::size_t number);
  // The link between the two ends, and the next one is there at once.
  void break_link(std::size_t one, std::size_t other);
  // The link between the two ends, and there is none until it is mended.
  void cut_link(std::size_t one, std::size_t other);
  void mend_link(std::size_t one, std::size_t other);
  // The disk of a node that does not run is empty.
  void wipe(std::size_t number) { directories_.erase(id(number)); }

  void round();
  // Rounds until `done`; false if that never comes.
  bool until(const std::function<bool()>& done, int rounds_max = 6000);
  void rounds(int count) {
    while (count-- > 0) round();
  }
  std::size_t await_leader();
  // Commands through the node `by`, until they are applied.
  void write(int count, std::size_t by = 1);
  // An order to change the members, given at a node that runs; its answer. `epoch_off`: it is meant for
  // another epoch.
  AnswerCode order(const ChangeMembers& what, std::uint32_t epoch_off = 0);
  // The node's replica has all that was written.
  bool has_all(std::size_t number);
  bool consists_of(const std::vector<std::size_t>& voters, const std::vector<std::size_t>& learners = {});

  // Each message passes through it, and is lost with false.
  std::function<bool(const MemberPacket& packet)> on_packet;

 private:
  void start(std::size_t number, const std::vector<kv::RangeRecord>& founders,
             bool finds_its_replica_damaged);
  std::vector<NodeId> ids(const std::vector<std::size_t>& numbers) const;
  bool are_apart(NodeId one, NodeId other) const {
    return cut_.contains({one, other}) || cut_.contains({other, one});
  }
  void drop_between(std::size_t one, std::size_t other);

  const MemberPolicy policy_;
  std::vector<kv::RangeRecord> records_;
  std::map<NodeId, std::unique_ptr<tenon::test::TempDir>> directories_;
  std::map<NodeId, std::unique_ptr<MemberNode>> nodes_;
  std::vector<MemberPacket> under_way_;
  std::set<std::pair<NodeId, NodeId>> cut_;
  MonoNs now_ns_ = ns_per_s;
  UnixMs unix_ms_ = 1'000'000;
  int written_ = 0;
  std::uint64_t orders_ = 0;
};

}  // namespace tenon::store::test
