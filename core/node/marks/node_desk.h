#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "admin/nodes/node_source.h"
#include "admin/range_source.h"
#include "base/executor.h"
#include "broker/operate/node_asks.h"
#include "broker/shard.h"
#include "node/marks/mark_desk.h"
#include "node/marks/node_report.h"

namespace tenon::node {

// What operators see of nodes and order them to do, over the whole cluster: all nodes are asked what they
// have, and orders are marks in the store `meta`. On worker 0, but for the marks, which live on the control
// thread; what is begun here is answered here.
class NodeDesk final : public admin::NodeSource {
 public:
  struct World {
    broker::Shard& home;  // of worker 0
    broker::NodeAsks& asks;
    MarkDesk& marks;
    const admin::RangeSource& ranges;
    kv::NodeId self = kv::NodeId::none;
    // Any thread: soon, on the control thread.
    std::function<void(std::function<void()> fn)> on_control;
    // On worker 0: what this node says of itself.
    std::function<NodeReport()> report;
  };
  // All of the world outlives it.
  explicit NodeDesk(World world) : world_(std::move(world)) {}

  // Answers the question of write_report_question(), at once.
  void answer(const broker::NodeAsks::Reply& reply) const { reply(write_report(world_.report())); }
  // Asks all nodes. Any thread; `done` is called on worker 0.
  void ask_all(std::function<void(NodeReports&& reports)> done);

  void list(admin::Then<admin::NodeList> then) override;
  void show(const std::string& node, admin::Then<admin::NodeState> then) override;
  void drain(const admin::DrainOrder& order, admin::Then<admin::NodeState> then) override;
  void resume(const admin::NodeOrder& order, admin::Then<admin::NodeState> then) override;
  void remove(const admin::NodeOrder& order, admin::Then<admin::NodeState> then) override;

 private:
  using Ready = std::function<void(const NodeReports& reports)>;
  using Change = std::function<void(kv::NodeId node, const NodeReports& reports, MarkDesk::Then then)>;

  // Has all nodes asked, then calls fn on the control thread.
  void with_reports(Ready fn);
  // The same for an order: finds the node, has `change` made, and shows what has become of it.
  void order(const std::string& node, std::optional<std::uint64_t> version,
             admin::Then<admin::NodeState> then, Change change);
  void show_again(kv::NodeId node, const admin::Then<admin::NodeState>& then);
  std::string who(const std::string& by) const;

  const World world_;
};

// Pure: what is shown of all nodes that anybody knows, by id.
struct KnownNodes {
  kv::NodeId self = kv::NodeId::none;
  NodeReports reports;
  NodeMarks marks;
  std::vector<kv::NodeId> members;  // of ranges; some may stand twice
};
admin::NodeList list_of(const KnownNodes& known);

// Pure: what speaks against it. `node` is one of list_of(known).
Status may_drain(kv::NodeId node, const KnownNodes& known);
Status may_resume(kv::NodeId node, const KnownNodes& known);
Status may_remove(kv::NodeId node, const KnownNodes& known);
// Whether what operators have said of it has this version.
Status has_version(kv::NodeId node, std::uint64_t version, const NodeMarks& marks);

}  // namespace tenon::node
