#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "store/backup/exports.h"
#include "store/client/range_client.h"
#include "store/links/reach.h"
#include "store/links/spreads.h"
#include "store/members/led_ranges.h"
#include "store/members/own_replicas.h"
#include "store/merges/merges.h"
#include "store/peer_port.h"
#include "store/recovery/recoveries.h"
#include "store/replicas.h"

namespace tenon::store {

// What the store's machine asks of its node beside the way to other nodes.
class KeeperPorts {
 public:
  // As ReplicaPorts.
  virtual std::uint64_t append(std::span<const tenon_log_write> writes) = 0;
  virtual void compact(const RangeId& range, const kv::LogPoint& base) = 0;
  virtual void engine_failed(const std::string& engine, const std::string& why) = 0;
  virtual void engine_recovered(const std::string& engine) = 0;
  virtual void replica_failed(const RangeId& range, const std::string& why) = 0;
  // As RangeClientPorts.
  virtual void finished(Ticket ticket, Answer&& answer) = 0;
  // Another node says which ranges there are.
  virtual void heard_of_ranges(NodeId from, std::string_view body) = 0;
  // A machine's notice for this node.
  virtual void noticed(std::string_view text) = 0;
  // Another node leads a range, or nobody does: notices of the one before may be lost.
  virtual void leader_changed(const RangeId& range, NodeId leader) = 0;
  // As ReplicaPorts.
  virtual void caught_up(const RangeId&) {}
  virtual void fell_behind(const RangeId&) {}
  // Once for each on_peer() of a node that is up: what may have been acknowledged without this one makes
  // replicas fall behind, which was told; or the link is gone again.
  virtual void contact_settled(NodeId) {}
  virtual std::string hard_state(const RangeId&) { return {}; }
  virtual void child_opened(const RangeId&, const kv::Descriptor&) {}
  // What the node knows of a range has changed, by its own replica or by what another node said.
  virtual void range_changed(const RangeId&, const kv::Descriptor&) {}

  // Replicas that come and go while the node runs. As OwnReplicasPorts; a node that gives no engine keeps
  // those that it was given.
  virtual Engine* engine_of(StoreId) { return nullptr; }
  virtual MemberPolicy member_policy(StoreId) { return {}; }
  virtual void replica_opened(const kv::RangeRecord&) {}
  virtual void replica_closed(const RangeId&) {}
  // What people should know of a range's members and replicas.
  virtual void members_report(const RangeId&, const std::string& /*what*/) {}
  // The same, of a range that was recovered, or of what is given up because of that.
  virtual void recovery_report(const RangeId&, const std::string& /*what*/) {}
  // As PastReplicas::Keep.
  virtual Result<std::string> keep_given_up(const GivenUp&) { return std::string(); }

 protected:
  ~KeeperPorts() = default;
};

// The node's replicas and the way of its own requests to those of all nodes, as one machine: requests,
// messages and time come in, effects go out. Pure but for the plugins and engines. One thread; no port may
// call back.
class Keeper final : ReplicaPorts, RangeClientPorts, OwnReplicasPorts, SpreadsPorts {
 public:
  // Everything outlives the keeper.
  Keeper(const ReplicasOptions& options, kv::SourceId source, const Replication& plugin, Journal& journal,
         PeerPort& peers, KeeperPorts& ports, Replicas::MakeMachine make_machine);

  Status open() { return replicas_.open(); }
  // A range that this node has a replica of.
  Status add(const kv::RangeRecord& record, Engine& engine, std::string_view hard_state);
  // Before the replicas of an engine are added: what is going on with them. As OwnReplicas::load.
  Status load_members(Engine& engine) { return own_.load(engine); }
  OwnReplicas& own() { return own_; }
  const OwnReplicas& own() const { return own_; }
  LedRanges& led() { return led_; }
  // What somebody says of a range; it may be old.
  void learn(const RangeId& range, const kv::Descriptor& descriptor);

  void submit(Request&& request);
  // See Recoveries; the end of it comes as that of a request with this ticket.
  void recover(Ticket ticket, const RecoverRange& what) { recoveries_.begin(ticket, what); }
  const Recoveries& recoveries() const { return recoveries_; }
  // As Recoveries.
  void set_removed(std::set<NodeId> nodes) { recoveries_.set_removed(std::move(nodes)); }
  // Other nodes that hand on what they lead: this one gives them no lead for their links.
  void set_no_heirs(std::set<NodeId> nodes) { no_heirs_ = std::move(nodes); }
  // A message of another node. One that does not hold together is left out; false then.
  bool on_message(NodeId from, PeerMessage kind, std::string_view body);
  void on_peer(NodeId node, bool up, const PeerStart& start = {});
  // This node's own, once.
  void on_own_start(std::uint64_t start_number) { replicas_.node_started(self_, start_number); }
  void persisted(std::uint64_t sequence) {
    replicas_.persisted(sequence);
    own_.persisted(sequence);
  }
  // As Replicas.
  void log_damaged(const RangeId& range, const std::string& why) { replicas_.log_damaged(range, why); }
  void tick(MonoNs now_ns, UnixMs unix_ms);
  // Whether what the replicas append becomes durable. While it does not, and for ranges whose engine is
  // failing, the lead goes to other voters: nothing could be acknowledged here.
  void log_refuses(bool on) {
    log_refuses_ = on;
    recoveries_.log_refuses(on);
  }
  // Nothing becomes durable before the node's next start, for this reason. What it leads goes to others as
  // above. A replica that does not lead is given up: it takes part in nothing, and nobody waits for it. One
  // that leads and has no successor stays.
  void log_failed(const std::string& why);
  // Does what is due. True: there is more to do at once.
  bool turn();
  // Behind a turn: until something comes in, ticks may be further apart than usual.
  bool rests() const;
  Status settle() { return replicas_.settle(); }

  const Replicas& replicas() const { return replicas_; }
  const RangeClient& client() const { return client_; }
  const Ranges& ranges() const { return ranges_; }

 private:
  // ReplicaPorts
  std::uint64_t append(std::span<const tenon_log_write> writes) override { return ports_.append(writes); }
  void compact(const RangeId& range, const kv::LogPoint& base) override { ports_.compact(range, base); }
  void send(std::span<const tenon_peer_message> messages) override;
  void send_snapshot(NodeId to, std::string&& body) override {
    peers_.send(to, PeerMessage::snapshot, std::move(body));
  }
  void answer(const ReplyTo& to, Answer&& answer) override;
  void notify(const kv::Notice& notice) override;
  void leader_changed(const RangeId& range, NodeId leader) override;
  void engine_failed(const std::string& engine, const std::string& why) override {
    ports_.engine_failed(engine, why);
  }
  void range_changed(const RangeId& range, const kv::Descriptor& descriptor) override {
    changed_.emplace_back(range, descriptor);
  }
  void engine_recovered(const std::string& engine) override { ports_.engine_recovered(engine); }
  std::string hard_state(const RangeId& range) override { return ports_.hard_state(range); }
  void child_opened(const RangeId& range, const kv::Descriptor& descriptor) override {
    ports_.child_opened(range, descriptor);
  }
  void range_closing(const RangeId& range) override { ports_.replica_closed(range); }
  void range_absorbed(const kv::EngineBatch::Absorbed& range, Engine& engine) override {
    absorbed_.push_back({range, &engine});
  }
  void caught_up(const RangeId& range) override { ports_.caught_up(range); }
  void fell_behind(const RangeId& range) override { ports_.fell_behind(range); }
  void state_wanted(const RangeId& range, const ReplyTo& to, const std::string& question) override {
    state_asks_.push_back({range, to, question});
  }
  void replica_failed(const RangeId& range, const std::string& why) override {
    // Behind a failure of the log nothing can be rebuilt; the next start finds what there is.
    if (log_failure_.empty()) failed_.push_back(range);
    ports_.replica_failed(range, why);
  }
  // OwnReplicasPorts
  Engine* engine_of(StoreId store) override { return ports_.engine_of(store); }
  Status open_replica(const kv::RangeRecord& record, Engine& engine) override;
  void replica_closed(const RangeId& range) override { ports_.replica_closed(range); }
  void report(const RangeId& range, const std::string& what) override { ports_.members_report(range, what); }
  // RangeClientPorts
  void ask(NodeId node, const RangeId& range, Request::Kind kind, const kv::Command& command,
           std::uint64_t id) override;
  bool answers_surely(NodeId node) override { return node == self_; }
  NodeId guess(const RangeId& range, std::uint64_t turn) override;
  void finished(const Request& request, const RangeId& range, Answer&& answer) override;
  // SpreadsPorts
  void ask_applied(NodeId node, const RangeId& range, std::string&& entry, std::uint64_t id) override {
    ask(node, range, Request::Kind::applied, {.text = entry}, id);
  }
  void spread_ended(Ticket ticket, Answer&& answer) override { ports_.finished(ticket, std::move(answer)); }

  void tell_links();
  void hand_over_to_who_is_linked_to_more();
  void make_contact(NodeId node);
  void end_wait_for_contact(NodeId node);
  void look_at_silent_nodes();
  bool on_group(NodeId from, std::string_view body);
  bool on_request(NodeId from, std::string_view body);
  bool on_answer_message(std::string_view body);
  bool on_range(std::string_view body);
  void tell_what_changed();
  bool on_members(NodeId from, std::string_view body);
  bool on_merge(NodeId from, std::string_view body);
  bool on_recovery(NodeId from, std::string_view body);
  void have_failed_rebuilt();
  void hand_over_what_can_not_be_kept();
  void hand_out_answers();
  void answer_state_asks();
  void take_answer(std::uint64_t id, Answer&& answer);
  bool may_get_replica(const RangeId& range) const;
  void go_by(const RangeId& range, const kv::Descriptor& descriptor);
  void request(const RangeId& range, Request::Kind kind, const kv::Command& command, const ReplyTo& to);

  struct LocalAnswer {
    std::uint64_t id;
    Answer answer;
  };

  const NodeId self_;
  PeerPort& peers_;
  KeeperPorts& ports_;
  Ranges ranges_;
  Replicas replicas_;
  RangeClient client_;
  OwnReplicas own_;
  LedRanges led_;
  Merges merges_;
  Recoveries recoveries_;
  Exports exports_{[this](const RangeId& range) { return replicas_.freeze_state(range); }};
  struct StateAsk {
    RangeId range;
    ReplyTo to;
    std::string question;
  };
  std::vector<StateAsk> state_asks_;  // since the last turn
  std::vector<RangeId> failed_;       // replicas, since the last turn
  struct Absorbed {
    kv::EngineBatch::Absorbed range;
    Engine* engine;
  };
  std::vector<Absorbed> absorbed_;
  std::vector<LocalAnswer> answers_;  // for this node's client, handed out between calls
  std::vector<std::pair<RangeId, NodeId>> leaders_;
  std::vector<std::pair<RangeId, kv::Descriptor>> changed_;
  Reach reach_;
  Spreads spreads_;
  std::map<NodeId, MonoNs>
      unheard_;  // linked ones that may not know of the link yet; and since when it is up
  MonoNs now_ns_ = 0;
  MonoNs handed_over_ns_ = 0;
  MonoNs looked_at_links_ns_ = 0;
  std::set<NodeId> no_heirs_;
  bool log_refuses_ = false;
  std::string log_failure_;  // empty: none
};

}  // namespace tenon::store
