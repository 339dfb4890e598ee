#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "admin/balance_source.h"
#include "balance/controller.h"
#include "balance/view_builder.h"
#include "base/clock.h"
#include "base/random.h"
#include "config/settings.h"
#include "node/marks/node_marks.h"
#include "node/range_desk.h"
#include "observe/log/log.h"
#include "runtime/loop_thread.h"
#include "store/orders/range_list.h"

namespace tenon::node {

// Has the node that leads the store `meta` plan where replicas and leaders go, and the others tell it what
// they have. Strategies run on a thread of their own: a plan of a large cluster takes longer than anybody
// else may wait.
//
// Life: create, start, (running), stop. Any thread but where said.
class Planner final : public admin::BalanceSource, balance::ControllerPorts {
 public:
  struct World {
    const config::Settings& settings;
    const Clock& clock;
    Random& random;
    observe::Log& log;
    RangeDesk& desk;
    std::uint64_t node_id = 0;
    std::uint64_t start_number = 0;
  };
  // All of the world outlives it.
  static Result<std::unique_ptr<Planner>> create(const World& world);
  ~Planner() override;

  // `send` is called on the planner's thread. Before start(); without it the node is alone.
  void connect(std::function<void(kv::NodeId to, std::string&& facts)> send) { send_ = std::move(send); }
  // Before it plans for the first time as the one who plans, `want` is asked for a number, on the planner's
  // thread, and rules_known() with that number, or a higher one, waited for. Who stands in does not ask,
  // but does not plan either before a first rules_known(). Before start(); without it nothing is waited for.
  void await_rules(std::function<std::uint64_t()> want) { want_rules_ = std::move(want); }
  // The same for marks of nodes, and marks_known().
  void await_marks(std::function<std::uint64_t()> want) { want_marks_ = std::move(want); }
  Status start() { return thread_->start(); }
  void stop();

  // What the node knows, each second.
  void look(std::vector<store::RangeView>&& ranges);
  void on_link(kv::NodeId node, bool is_up);
  void on_facts(kv::NodeId from, std::string&& body);
  // As peer::PeerHandler.
  void on_dial_failed(kv::NodeId node, bool refused);
  // An order of the desk is over.
  void on_order(const admin::OrderStatus& order);
  // The node is about to stop: it plans no more, and wants neither replicas nor leaders.
  void leave() { is_leaving_.store(true, std::memory_order_relaxed); }
  // No strategy is called while it is held: for changing options.
  std::unique_lock<std::mutex> hold() { return std::unique_lock(controlling_); }
  // As Controller::set_balancers().
  void set_balancers(std::vector<balance::BalancerSetup>&& balancers);
  // What operators have said of nodes.
  void set_marks(const NodeMarks& marks);
  // Behind the set_marks() that it stands for.
  void marks_known(std::uint64_t number);
  void rules_known(std::uint64_t number) { rules_known_.store(number, std::memory_order_release); }

  // admin::BalanceSource
  balance::Explanation explanation() const override;
  std::string planner() const override;
  std::optional<balance::View> view() const override;
  std::int64_t round_ns() const { return round_ns_.load(std::memory_order_relaxed); }

 private:
  explicit Planner(const World& world);
  std::int64_t now_ms() const { return world_.clock.mono_ns() / ns_per_ms; }
  balance::NodeFacts facts_of(const std::vector<store::RangeView>& ranges) const;
  void take_turn(const std::vector<store::RangeView>& ranges);
  bool stands_in(const store::RangeView& meta) const;
  bool knows_wishes() const;
  void plan(const std::vector<store::RangeView>& ranges, std::int64_t now);
  void run_balancers(const balance::View& view, std::int64_t now);
  void set_planner(kv::NodeId node, std::int64_t now);
  balance::Explanation explain() const;

  // balance::ControllerPorts
  void give(std::uint64_t number, const balance::Command& command, balance::StoreId store,
            std::string_view balancer) override;
  void refused(balance::StoreId store, std::string_view balancer, const balance::Command& command,
               const balance::Refused& refused) override;
  void failed(balance::StoreId store, std::string_view balancer, const std::string& why) override;

  const World world_;
  const kv::NodeId self_;
  std::function<void(kv::NodeId to, std::string&& facts)> send_;
  std::unique_ptr<runtime::LoopThread> thread_;
  std::map<balance::StoreId, balance::StoreWish> wishes_;

  // On the planner's thread.
  balance::ViewBuilder builder_;
  std::function<std::uint64_t()> want_rules_;
  std::uint64_t rules_wanted_ = 0;
  std::function<std::uint64_t()> want_marks_;
  std::uint64_t marks_wanted_ = 0;
  std::uint64_t marks_known_ = 0;
  std::map<std::uint64_t, std::uint64_t> numbers_;  // of the controller's commands, by orders of the desk
  kv::NodeId planner_ = kv::NodeId::none;
  std::int64_t planner_since_ms_ = 0;
  bool plans_all_ = false;
  balance::Controller::Scope scope_ = balance::Controller::Scope::all;
  std::int64_t next_plan_ms_ = 0;

  mutable std::mutex controlling_;  // of the controller: no strategy is called while options change
  std::unique_ptr<balance::Controller> controller_;
  std::atomic<std::uint64_t> rules_known_{0};
  std::atomic<bool> is_leaving_{false};
  std::atomic<std::int64_t> round_ns_{0};
  mutable std::mutex shown_mutex_;  // of all below
  balance::Explanation shown_;
  std::optional<balance::View> shown_view_;
  kv::NodeId shown_planner_ = kv::NodeId::none;
};

}  // namespace tenon::node
