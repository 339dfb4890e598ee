#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/random.h"
#include "broker/durable/durable_events.h"
#include "broker/node_tables.h"
#include "config/settings.h"
#include "host/plugin_host.h"
#include "node/balance/balancer_set.h"
#include "node/balance/planner.h"
#include "node/balance/rule_desk.h"
#include "node/followed_ranges.h"
#include "node/founding.h"
#include "node/identity.h"
#include "node/kept/kept_identity.h"
#include "node/marks/mark_desk.h"
#include "node/meta/meta_watch.h"
#include "node/peers/peer_bridge.h"
#include "node/range_desk.h"
#include "node/store_health.h"
#include "observe/health.h"
#include "observe/log/log.h"
#include "service/inbox/inbox_machine.h"
#include "store/founding.h"
#include "store/store_thread.h"

namespace tenon::node {

// What of the node outlives it: engines, the journal, ranges, and the thread that they live on.
//
// Life: open, make_store, start, stop. All on the control thread.
class Durable {
 public:
  // Everything outlives this.
  Durable(const config::Settings& settings, host::PluginHost& plugins, const host::HostServices& services,
          Disk& disk, const Clock& clock, Random& random, observe::Log& log, observe::Health& health);
  ~Durable();

  // Opens engines and journal, and finds out who the node is.
  Status open();
  // Makes the store thread and opens the ranges of this node; a node that is alone founds them. Machines
  // follow into `tables`.
  Status make_store(broker::NodeTables& tables);
  // The links to other nodes; before start(). Without it the node is alone.
  void connect(peer::PeerNetwork& network);
  // What the brokers of nodes say to each other goes the same way. Both outlive their use here; before the
  // network starts.
  void connect(broker::RemoteNodes& nodes, std::span<const std::unique_ptr<broker::Shard>> shards);
  peer::PeerHandler& peer_handler() { return peers_; }
  std::uint64_t cluster_id() const { return founding_->cluster_id(); }
  broker::DurableEvents& events() { return events_; }
  store::Gate& gate() { return *store_; }
  admin::RangeSource& range_desk() { return desk_; }
  // `fn` is called on the store thread, once, when this node has all routes and retained messages that were
  // acknowledged before its start. Before start().
  void when_caught_up(std::function<void()> fn) { on_caught_up_ = std::move(fn); }
  Status start();
  // Runs `fn` on the store thread, soon. Any thread. REQUIRES: started.
  void run_on_store(std::function<void()> fn);
  // Before start() nothing of it may be asked.
  Planner& planner() { return *planner_; }
  admin::RuleSource& rules() { return *rules_; }
  // `fn` is called on the control thread with what operators have said of nodes, first when that is known,
  // then when it changes. Before start().
  void when_marked(std::function<void(const NodeMarks& marks)> fn) { on_marks_ = std::move(fn); }
  MarkDesk& marks() { return *marks_; }
  // For a node that is drained, now and then: asks other nodes to lead what this one leads, and counts. Any
  // thread.
  void give_leaders();
  // What the node has, as was seen last; `left` is what others could lead, SIZE_MAX: nobody has looked since
  // the last call of forget_left(). Any thread.
  struct Had {
    std::size_t leaders = 0;
    std::size_t replicas = 0;
    std::size_t left = SIZE_MAX;
  };
  Had had() const;
  void forget_left() { left_to_give_.store(SIZE_MAX, std::memory_order_relaxed); }
  // A conf.d that was read again is in use, but for the plugin instances in `refused`, which keep their
  // former options. On the control thread.
  void conf_changed(const config::Settings& settings, const std::vector<std::string>& refused);
  // `fn` is called on the control thread when there are other balancers. Before start().
  void when_balancers_changed(std::function<void()> fn) { on_balancers_changed_ = std::move(fn); }
  // Who follows more of `meta` says so before start().
  MetaWatch& meta() { return *meta_; }
  // The journal takes nothing any more until the node is started again. Any thread.
  bool log_has_failed() const { return log_has_failed_.load(std::memory_order_relaxed); }
  // What of this node's requests to ranges is not answered. Any thread.
  std::size_t request_count() const { return store_->request_count(); }
  void stop();
  // For a stop in peace, before the links to other nodes end; to be called again and again: asks other nodes
  // to lead what this one leads. True once they do.
  bool hand_over();
  // Each second: brings counts() up to date, and tells what when_looked() was given. Any thread.
  void look();
  // What of the store `inbox` this node leads, and who else is in it; and what there is. `fn` is called on
  // the store thread. Before start().
  struct Led {
    std::vector<std::string> ranges;  // the keys that they begin with
    std::set<kv::NodeId> nodes;
    struct Range {
      kv::RangeId id;
      kv::Descriptor descriptor;
    };
    std::vector<Range> all;  // that are known, led or not
  };
  void when_looked(std::function<void(Led&& led)> fn) { on_looked_ = std::move(fn); }
  GoneNodes& gone_nodes() { return peers_.gone(); }
  // On the network's worker.
  const PeerReach& reach() const { return peers_.reach(); }

  std::uint64_t node_id() const { return node_id_; }
  // Grows with each start of the node.
  std::uint64_t start_number() const { return start_number_; }

  // Of the sessions whose ranges this node leads. Any thread.
  struct Counts {
    std::atomic<std::uint64_t> sessions{0};
    std::atomic<std::uint64_t> attached{0};
    std::atomic<std::uint64_t> messages{0};
    std::atomic<std::uint64_t> message_bytes{0};
  };
  const Counts& counts() const { return counts_; }

 private:
  Status open_engines();
  Status open_engine(const std::string& name);
  // Whether what an engine has lost can come from other nodes.
  bool has_peers() const;
  // Takes what the engine has out of the way, and opens it empty.
  Status set_aside(const std::string& name, const std::string& why);
  Status open_identity_again();
  Result<Identity> identity_in(store::Engine& meta);
  // Alone, with an engine of files that can't be used: the node serves the others.
  bool may_close(const std::string& name, const Error& error) const;
  void close_engine(const std::string& name, const std::string& why);
  const std::string& path_of(const std::string& engine) const;
  // Who it is, where the engine that knows that is closed.
  Status go_on_as_known();
  Result<std::uint64_t> read_known_cluster_id() const;
  Status keep();
  void forget_store();
  Status make_planner();
  void make_meta();
  void make_rules();
  void make_marks();
  void take_marks(const NodeMarks& marks);
  void count_replicas(const store::Keeper& keeper);
  void look_at_meta(const std::vector<store::RangeView>& ranges);
  void survey(int slices);
  void look_at_damage(const std::string& engine, const Error& error);
  Status open_journal();
  Result<std::unique_ptr<store::Journal>> journal_of(const std::string& name);
  Status join_cluster();
  Result<std::vector<kv::RangeRecord>> read_engine(store::Engine& engine);
  Status clear_journal();
  void look_for_lost_logs(const std::vector<kv::RangeRecord>& records);
  Result<std::vector<kv::RangeRecord>> first_ranges(const std::vector<Founding::Founder>& founders) const;
  std::set<kv::NodeId> who_does_not_learn(kv::StoreId store);
  Founding::Ports founding_ports();
  Status begin(std::uint64_t cluster_id, const std::vector<kv::RangeRecord>& records);
  void open_ranges(const std::vector<kv::RangeRecord>& records);
  void caught_up(const kv::RangeId& range);
  void open_range(const kv::RangeRecord& record);
  void replica_opened(const kv::RangeId& range, const kv::Descriptor& descriptor);
  void replica_closed(const kv::RangeId& range);
  void replica_failed(const kv::RangeId& range, kv::StoreId store, const std::string& why);
  void fell_behind(const kv::RangeId& range);
  // Whether replicas that messages may be matched with hold all of a store.
  bool is_complete(kv::StoreId store) const;
  void look_whether_complete();
  void look_soon_whether_complete();
  void add_led(const kv::Descriptor& range, Led& led) const;
  store::StoreEvents store_events();
  std::unique_ptr<kv::Machine> make_machine(kv::StoreId store, broker::NodeTables& tables);
  bool has_engine(kv::StoreId store) const;
  store::Engine& engine_of(kv::StoreId store);  // REQUIRES: has_engine()
  const config::StoreSettings& settings_of(kv::StoreId store) const;

  const config::Settings& settings_;
  host::PluginHost& plugins_;
  const host::HostServices services_;
  Disk& disk_;
  const Clock& clock_;
  Random& random_;
  observe::Log& log_;
  StoreHealth health_;
  observe::Health& node_health_;

  std::map<std::string, std::unique_ptr<store::Engine>> engines_;
  std::unique_ptr<store::Journal> journal_;
  std::vector<kv::RangeId> groups_;  // in the journal, as it was opened
  std::map<kv::RangeId, std::string> hard_states_;
  std::map<kv::RangeId, std::string> damaged_;  // and what is wrong with their logs
  KeptIdentity kept_;
  std::map<std::string, std::string> damaged_engines_;  // found so by a start, and why
  std::set<std::string> closed_engines_;                // the same, and this node does without them
  std::uint64_t node_id_ = 0;
  std::uint64_t start_number_ = 0;
  broker::NodeRoutes* routes_ = nullptr;
  FollowedRanges followed_;
  bool looks_soon_ = false;
  std::set<kv::RangeId> failed_;  // replicas that can not be used, or are being rebuilt
  std::function<void()> on_caught_up_;
  std::function<void(Led&& led)> on_looked_;

  broker::DurableEvents events_;
  RangeDesk desk_;
  PeerBridge peers_;
  std::unique_ptr<Founding> founding_;
  std::optional<Error> failure_;  // of founding
  peer::PeerNetwork* network_ = nullptr;
  std::unique_ptr<store::StoreThread> store_;
  std::unique_ptr<BalancerSet> balancers_;  // the planner uses it until it is stopped
  std::unique_ptr<Planner> planner_;
  std::unique_ptr<MetaWatch> meta_;
  std::unique_ptr<RuleDesk> rules_;
  std::function<void()> on_balancers_changed_;
  std::unique_ptr<MarkDesk> marks_;
  std::function<void(const NodeMarks& marks)> on_marks_;
  NodeMarks store_marks_;  // of the store thread
  std::map<kv::RangeId, const service::inbox::InboxMachine*> inboxes_;
  const service::inbox::InboxMachine* made_inbox_ = nullptr;
  Counts counts_;
  std::atomic<std::size_t> left_to_hand_over_{1};
  std::atomic<std::size_t> leader_count_{0};
  std::atomic<std::size_t> replica_count_{0};
  std::atomic<std::size_t> left_to_give_{SIZE_MAX};
  std::atomic<bool> log_has_failed_{false};
};

}  // namespace tenon::node
