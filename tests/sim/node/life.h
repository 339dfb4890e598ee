#pragma once

#include "sim/node/caught_up_news.h"
#include "sim/node/follow_up.h"
#include "sim/node/replication_probe.h"
#include "sim/node/sim_node.h"

namespace tenon::sim {

// A node from its start to its crash: the plugins' instances, the keeper and the writer of its journal. Ends
// with what is not on the disk.
class SimNode::Life final : store::KeeperPorts, store::PeerPort {
 public:
  // Throws std::runtime_error when the node can't come up.
  explicit Life(SimNode& node);
  ~Life();

  store::Keeper& keeper() { return *keeper_; }
  SimLogWriter& log() { return *log_; }
  ReplicationProbe& probe() { return *probe_; }
  std::optional<std::uint32_t> followed_route(const std::string& key) const;
  void tell_of_ranges(store::NodeId to);
  // Asks for a turn, soon.
  void want_turn();

 private:
  host::HostServices services() { return node_.machine_.services(); }
  std::vector<kv::RangeRecord> found_or_read();
  // What the journal holds of a group.
  struct Found {
    kv::RangeId range;
    kv::LogPoint base;
    std::vector<tenon_log_entry> entries;
    std::deque<std::string> data;  // of the entries
    std::string hard_state;
  };
  Found read_log(const tenon_log_group& group);
  // Tells the observer; the result are the hard states of all groups but those that are damaged.
  std::map<kv::RangeId, std::string> look_into_journal();
  void join(const std::vector<kv::RangeRecord>& records);
  std::unique_ptr<kv::Machine> make_machine(kv::StoreId store);
  std::unique_ptr<kv::Machine> make_bare_machine(kv::StoreId store,
                                                 WatchedMachine::FollowedDigest& ret_followed);
  void turn();
  void tick();
  void look_at_records();
  void replace_later();
  // Runs unless this life is over by then.
  void after(std::int64_t delay_ns, std::function<void()> what);

  // KeeperPorts
  std::uint64_t append(std::span<const tenon_log_write> writes) override { return log_->append(writes); }
  void compact(const store::RangeId& range, const kv::LogPoint& base) override;
  void engine_failed(const std::string& engine, const std::string& why) override;
  void engine_recovered(const std::string&) override {}
  void replica_failed(const store::RangeId& range, const std::string& why) override;
  void replica_closed(const store::RangeId& range) override;
  void finished(store::Ticket ticket, store::Answer&& answer) override;
  void heard_of_ranges(store::NodeId, std::string_view) override {}
  void noticed(std::string_view text) override;
  void caught_up(const store::RangeId& range) override;
  void fell_behind(const store::RangeId& range) override;
  void contact_settled(store::NodeId node) override;
  void recovery_report(const store::RangeId& range, const std::string& what) override;
  Result<std::string> keep_given_up(const store::GivenUp& given_up) override;
  void members_report(const store::RangeId& range, const std::string& what) override;
  store::Engine* engine_of(store::StoreId) override { return node_.setup_.reshapes ? &*engine_ : nullptr; }
  store::MemberPolicy member_policy(store::StoreId) override {
    const std::uint32_t wanted = node_.setup_.voter_count;
    return {wanted != 0 ? wanted : static_cast<std::uint32_t>(node_.setup_.nodes.size()), false};
  }
  std::string hard_state(const store::RangeId& range) override;
  void leader_changed(const store::RangeId& range, store::NodeId leader) override;
  // PeerPort
  void send(store::NodeId to, store::PeerMessage kind, std::string&& body) override;

  SimNode& node_;
  const std::shared_ptr<bool> here_ = std::make_shared<bool>(true);
  ActivePlugin engine_plugin_;
  ActivePlugin log_plugin_;
  ActivePlugin replication_plugin_;
  std::optional<store::Engine> engine_;
  std::unique_ptr<store::Journal> journal_;
  std::optional<ReplicationProbe> probe_;
  std::optional<SimLogWriter> log_;
  FollowedRoutes routes_;  // of all ranges of the store
  FollowedRetained retained_;
  std::unique_ptr<store::Keeper> keeper_;
  WatchedMachine* made_ = nullptr;                  // the last one, which does not know its range yet
  std::map<kv::RangeId, std::string> hard_states_;  // as the journal gave them
  std::map<kv::RangeId, std::string> damaged_;      // groups whose logs can't be used, with the reason
  bool turn_wanted_ = false;
  bool is_ending_ = false;
  bool is_being_replaced_ = false;
  std::vector<std::pair<store::Ticket, store::Answer>> finished_;
  std::vector<std::string> notices_;
  CaughtUpNews caught_up_;
  std::uint64_t given_up_count_ = 0;
};

}  // namespace tenon::sim
