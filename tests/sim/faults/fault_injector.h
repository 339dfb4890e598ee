#pragma once

#include <map>
#include <memory>
#include <vector>

#include "sim/faults/fault.h"
#include "sim/faults/recovery_drill.h"
#include "sim/faults/silence_drill.h"
#include "sim/network/network.h"
#include "sim/node/sim_node.h"
#include "store/orders/order.h"

namespace tenon::sim {

// Lets things go wrong as a table says, until it heals the world again.
class FaultInjector final : public NodeObserver {
 public:
  using Nodes = std::vector<std::unique_ptr<SimNode>>;
  // All outlive the injector.
  FaultInjector(World& world, Network& network, const Nodes& nodes, const FaultTable& table,
                const std::vector<kv::RangeRecord>& ranges);

  void start();
  // Everything works again from now on; nodes that are down start within a second.
  void heal();
  std::uint64_t count() const { return count_; }
  // Ranges that were recovered have all their members again.
  bool is_at_rest() const { return drill_.is_over() && silence_.is_over(); }

  void on_leads(std::uint32_t node, const kv::RangeId& range, std::uint64_t term) override;
  void on_log_write(std::uint32_t node, std::span<const tenon_log_write> writes) override;
  void on_log_durable(std::uint32_t node, std::span<const tenon_log_write> writes) override;

 private:
  // A crash that waits for its moment.
  struct Aim {
    std::uint64_t count = 0;
    std::int64_t away_ns = 0;
  };
  void strike(Aim& aim, std::uint32_t node, std::int64_t within_ns);
  void strike_change(std::uint32_t node);
  void transfer();
  void change_members(bool to_all);
  void order_split();
  void order_merge();
  void order(SimNode& node, const kv::RangeId& range, const kv::Epoch& epoch,
             decltype(store::Order::what) what);
  void next(const FaultRate& rate);
  void inject(const FaultRate& rate);
  SimNode& any_node() { return *nodes_[random_.below(nodes_.size())]; }
  std::int64_t duration_ns(const FaultRate& rate) {
    return draw_delay_ns(random_, rate.for_min_ns, rate.for_max_ns + 1);
  }
  void end_after(std::int64_t delay_ns, std::function<void()> end);

  void crash(SimNode& node, CrashKind kind, std::int64_t away_ns);
  void split(std::int64_t for_ns);
  void ask_for_reads(SimNode& node, std::uint32_t count);
  void damage_journal(SimNode& node, std::int64_t away_ns);
  void damage_segment(SimNode& node);
  void block(std::uint32_t from, std::uint32_t to, std::int64_t for_ns);
  void break_a_link();
  void fill_disk(SimNode& node, std::int64_t for_ns);
  void fail_once(SimNode& node, test::DiskOp op);
  void jump_date(SimNode& node, std::int64_t for_ns);

  World& world_;
  Network& network_;
  const Nodes& nodes_;
  const FaultTable table_;
  test::SimRandom random_;
  const std::vector<kv::RangeRecord>& ranges_;
  std::map<kv::RangeId, std::uint32_t> leaders_;  // the node that said so last
  Aim at_leader_;
  Aim at_voter_;
  Aim at_change_;
  RecoveryDrill drill_;
  SilenceDrill silence_;
  bool changes_members_ = false;
  bool is_over_ = false;
  std::uint64_t count_ = 0;
};

}  // namespace tenon::sim
