#pragma once

#include <atomic>
#include <functional>
#include <latch>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/receipt.h"
#include "runtime/loop_thread.h"
#include "store/disk/log_writer.h"
#include "store/gate.h"
#include "store/keeper.h"

namespace tenon::store {

// What the store thread tells of itself; called on it.
struct StoreEvents {
  std::function<void(const RangeId& range, const kv::Descriptor& descriptor)> range_opened;
  std::function<void(const RangeId& range, NodeId leader)> leader_changed;
  // As ReplicaPorts.
  std::function<void(const RangeId& range)> caught_up;
  std::function<void(const RangeId& range)> fell_behind;
  // As KeeperPorts.
  std::function<void(NodeId node)> contact_settled;
  // As KeeperPorts.
  std::function<void(const RangeId& range, const kv::Descriptor& descriptor)> range_changed;
  std::function<std::string(const RangeId& range)> hard_state;
  // The answer to what StoreThread::order() was given under this number.
  std::function<void(std::uint64_t number, const Answer& answer)> order_finished;
  std::function<void(NodeId from, std::string_view body)> heard_of_ranges;
  std::function<void(NodeId node, bool up)> peer_changed;
  std::function<void(const RangeId& range, const std::string& why)> replica_failed;
  // Of replicas that come and go while the node runs: see KeeperPorts. Each may be empty.
  std::function<Engine*(StoreId store)> engine_of;
  std::function<MemberPolicy(StoreId store)> member_policy;
  std::function<void(const RangeId& range)> range_closed;
  std::function<void(const RangeId& range, const std::string& what)> members_report;
  std::function<void(const RangeId& range, const std::string& what)> recovery_report;
  // The store thread waits for the disk.
  std::function<Result<std::string>(const GivenUp& given_up)> keep_given_up;
  // An engine or the journal, of this name, refuses to take more; and takes everything again.
  std::function<void(const std::string& name, const std::string& why)> storage_failed;
  std::function<void(const std::string& name)> storage_recovered;
  // As Keeper::log_failed: this node takes part in nothing any more. May be empty.
  std::function<void()> log_failed;
};

struct StoreThreadOptions {
  ReplicasOptions replicas;
  std::uint64_t start_number = 0;             // grows with each start of the node; 0: not known
  kv::SourceId source = kv::SourceId::none;   // new with each start
  std::size_t waiting_bytes_max = 64u << 20;  // beyond it, the gate is congested
};

// The thread on which all ranges of the node live, and the workers' gate to it.
//
// Life: create, open_range for each range, start, (running), stop.
class StoreThread final : public Gate, KeeperPorts {
 public:
  // Everything outlives the store thread, which uses the journal and engines alone from start() on.
  static Result<std::unique_ptr<StoreThread>> create(const StoreThreadOptions& options, const Clock& clock,
                                                     const Replication& plugin, Journal& journal,
                                                     PeerPort& peers, GateListener& listener,
                                                     StoreEvents events, Replicas::MakeMachine make_machine);
  ~StoreThread();
  StoreThread(const StoreThread&) = delete;
  StoreThread& operator=(const StoreThread&) = delete;

  // Before start(), or on the store thread. As Keeper.
  Status load_members(Engine& engine) { return keeper_->load_members(engine); }
  const Keeper& keeper() const { return *keeper_; }
  // A replica that can't be opened: as OwnReplicas::lost.
  void lost(const kv::RangeRecord& record) { keeper_->own().lost(record); }
  // As Keeper::add.
  Status open_range(const kv::RangeRecord& record, Engine& engine, std::string_view hard_state);
  Status start();
  // Waits a moment for requests that are open, writes what was applied into the engines, and ends both
  // threads. May be repeated.
  void stop();

  // Gate
  void submit(std::vector<Request>&& requests) override;
  bool congested() const override {
    return waiting_bytes_.load(std::memory_order_relaxed) + open_bytes_.load(std::memory_order_relaxed) >
           options_.waiting_bytes_max;
  }

  // Of those that were submitted so far, how many are not answered. Any thread.
  std::size_t request_count() const {
    const std::uint64_t submitted = submitted_.load(std::memory_order_acquire);
    return static_cast<std::size_t>(submitted - answered_.load(std::memory_order_acquire));
  }

  // Messages of other nodes, and links that come and go. Any thread.
  void on_message(NodeId from, PeerMessage kind, std::string&& body, Receipt&& receipt = nullptr);
  void on_peer(NodeId node, bool up, const PeerStart& start = {});
  // Gives an order to a range, wherever its leader is; `number`, below 2^48, comes back with the answer. Any
  // thread.
  void order(std::uint64_t number, const Order& order);
  // Brings a request to its range, wherever its leader is; `answered` is called once, on the store thread,
  // unless the thread stops before. The request's ticket does not count. Any thread.
  void ask(Request&& request, std::function<void(Answer&& answer)> answered);
  // Has a range that has lost its majority recovered: see Recoveries. `number` as with order(). Any thread.
  void recover(std::uint64_t number, const RecoverRange& what);
  // Runs fn(Keeper&) on the store thread. Any thread.
  void run(std::function<void(Keeper&)> fn);

 private:
  StoreThread(const StoreThreadOptions& options, const Clock& clock, GateListener& listener,
              StoreEvents events, std::unique_ptr<runtime::LoopThread> thread);

  // KeeperPorts
  std::uint64_t append(std::span<const tenon_log_write> writes) override { return log_->append(writes); }
  void compact(const RangeId& range, const kv::LogPoint& base) override;
  void engine_failed(const std::string& engine, const std::string& why) override {
    events_.storage_failed(engine, why);
  }
  void engine_recovered(const std::string& engine) override { events_.storage_recovered(engine); }
  void replica_failed(const RangeId& range, const std::string& why) override {
    events_.replica_failed(range, why);
  }
  void finished(Ticket ticket, Answer&& answer) override;
  void noticed(std::string_view text) override { noticed_.emplace_back(text); }
  void heard_of_ranges(NodeId from, std::string_view body) override { events_.heard_of_ranges(from, body); }
  void leader_changed(const RangeId& range, NodeId leader) override;
  void caught_up(const RangeId& range) override { events_.caught_up(range); }
  void fell_behind(const RangeId& range) override { events_.fell_behind(range); }
  void contact_settled(NodeId node) override { events_.contact_settled(node); }
  void range_changed(const RangeId& range, const kv::Descriptor& descriptor) override;
  std::string hard_state(const RangeId& range) override {
    return events_.hard_state ? events_.hard_state(range) : std::string();
  }
  void child_opened(const RangeId& range, const kv::Descriptor& descriptor) override {
    events_.range_opened(range, descriptor);
  }
  Engine* engine_of(StoreId store) override { return events_.engine_of ? events_.engine_of(store) : nullptr; }
  MemberPolicy member_policy(StoreId store) override {
    return events_.member_policy ? events_.member_policy(store) : MemberPolicy{};
  }
  void replica_opened(const kv::RangeRecord& record) override {
    events_.range_opened(record.id, record.descriptor);
  }
  void replica_closed(const RangeId& range) override {
    if (events_.range_closed) events_.range_closed(range);
  }
  void members_report(const RangeId& range, const std::string& what) override {
    if (events_.members_report) events_.members_report(range, what);
  }
  void recovery_report(const RangeId& range, const std::string& what) override {
    if (events_.recovery_report) events_.recovery_report(range, what);
  }
  Result<std::string> keep_given_up(const GivenUp& given_up) override {
    return events_.keep_given_up ? events_.keep_given_up(given_up) : Result<std::string>(std::string());
  }

  static void on_turn(void* self);
  static void on_timer(void* self);
  void tick();
  void set_timer();
  void turn();
  void settle_when_idle();
  void hand_out();

  const StoreThreadOptions options_;
  const Clock& clock_;
  GateListener& listener_;
  const StoreEvents events_;
  std::unique_ptr<runtime::LoopThread> thread_;
  std::unique_ptr<LogWriter> log_;
  std::unique_ptr<Keeper> keeper_;
  std::map<std::uint32_t, std::vector<FinishedRequest>> finished_;  // by worker
  std::vector<std::string> noticed_;                                // of this turn
  std::map<std::uint64_t, std::function<void(Answer&&)>> asked_;    // by the numbers of their tickets
  std::uint64_t last_asked_ = 0;
  std::latch* stopping_ = nullptr;   // counted down once everything is settled
  MonoNs settle_ns_ = 0;             // at the latest
  std::optional<TimerToken> timer_;  // of the next tick
  MonoNs ticked_ns_ = 0;
  bool rests_ = false;                         // the next tick is further away than usual
  std::uint64_t taken_ = 0;                    // requests that came to this thread
  std::atomic<std::uint64_t> submitted_{0};    // requests, ever
  std::atomic<std::uint64_t> answered_{0};     // of those, at the end of a turn
  std::atomic<std::size_t> waiting_bytes_{0};  // on their way to this thread
  std::atomic<std::size_t> open_bytes_{0};     // with the keeper, not answered
};

}  // namespace tenon::store
