#include "node/marks/node_desk.h"

#include <algorithm>
#include <set>
#include <utility>

namespace tenon::node {

namespace {

using kv::NodeId;

std::set<NodeId> all_of(const KnownNodes& known) {
  std::set<NodeId> nodes{known.self};
  nodes.insert(known.members.begin(), known.members.end());
  nodes.insert(known.reports.missing.begin(), known.reports.missing.end());
  for (const auto& [node, report] : known.reports.of) {
    nodes.insert(node);
    for (const auto* others : {&report.linked, &report.known})
      for (const std::uint64_t other : *others) nodes.insert(NodeId{other});
  }
  for (const auto& [node, mark] : known.marks.drains) nodes.insert(node);
  for (const auto& [node, mark] : known.marks.removed) nodes.insert(node);
  return nodes;
}

admin::NodeState state_of(NodeId node, const KnownNodes& known) {
  admin::NodeState state;
  state.id = text_of(node);
  state.is_this = node == known.self;
  state.state = known.reports.is_linked(node) ? "serving" : "gone";
  auto phase = DrainWork::Phase::none;
  if (const auto report = known.reports.of.find(node); report != known.reports.of.end()) {
    state.load = {report->second.clients, report->second.leaders, report->second.replicas};
    phase = drain_phase_of(report->second.phase).value_or(phase);
  }
  if (const auto drain = known.marks.drains.find(node); drain != known.marks.drains.end()) {
    const DrainMark& mark = drain->second;
    const bool is_done = phase == DrainWork::Phase::done;
    if (state.state == "serving") state.state = is_done ? "drained" : "draining";
    state.drain = {phase == DrainWork::Phase::none ? "waiting" : std::string(to_string(phase)), mark.rate,
                   mark.is_for_good};
    state.version = mark.version;
    state.by = mark.by;
    state.reason = mark.reason;
    state.set_ms = mark.set_ms;
  }
  if (const auto removed = known.marks.removed.find(node); removed != known.marks.removed.end()) {
    state.state = "removed";
    state.drain.reset();
    state.version = removed->second.version;
    state.by = removed->second.by;
    state.reason = removed->second.reason;
    state.set_ms = removed->second.set_ms;
  }
  return state;
}

Error unlike(std::string text) {
  return {Errc::exists, std::move(text)};
}

std::vector<NodeId> members_of(const admin::RangeSource& ranges) {
  std::vector<NodeId> members;
  for (const admin::RangeStatus& range : ranges.ranges())
    for (const auto* texts : {&range.voters, &range.outgoing, &range.learners})
      for (const std::string& text : *texts)
        if (const auto node = read_node_id(text)) members.push_back(*node);
  return members;
}

}  // namespace

admin::NodeList list_of(const KnownNodes& known) {
  admin::NodeList list;
  for (const NodeId node : all_of(known)) list.nodes.push_back(state_of(node, known));
  for (const NodeId node : known.reports.missing) list.missing_nodes.push_back(text_of(node));
  return list;
}

Status may_drain(NodeId node, const KnownNodes& known) {
  if (known.marks.removed.contains(node)) return unlike("the node was removed from the cluster");
  const bool is_there = std::any_of(known.reports.of.begin(), known.reports.of.end(), [&](const auto& entry) {
    return entry.first != node && !known.marks.takes_nothing(entry.first);
  });
  if (!is_there) return unlike("no other node is there that could take what it has");
  return {};
}

Status may_resume(NodeId node, const KnownNodes& known) {
  if (known.marks.removed.contains(node))
    return unlike(
        "the node was removed from the cluster, which nothing undoes: it needs an empty data "
        "directory, and joins with a new id");
  if (!known.marks.drains.contains(node)) return unlike("the node is not drained");
  return {};
}

Status may_remove(NodeId node, const KnownNodes& known) {
  if (known.marks.removed.contains(node)) return unlike("the node was removed already");
  if (known.reports.is_linked(node))
    return unlike("the node is linked: a node that is there is drained and stopped before it is removed");
  return {};
}

Status has_version(NodeId node, std::uint64_t version, const NodeMarks& marks) {
  const auto drain = marks.drains.find(node);
  const auto removed = marks.removed.find(node);
  const std::uint64_t now = removed != marks.removed.end() ? removed->second.version
                            : drain != marks.drains.end()  ? drain->second.version
                                                           : 0;
  if (now == version) return {};
  return unlike("what was said of the node has version " + std::to_string(now) + ", not " +
                std::to_string(version) + ": look again");
}

void NodeDesk::ask_all(std::function<void(NodeReports&& reports)> done) {
  world_.home.worker().post(make_task([this, done = std::move(done)]() mutable {
    world_.home.enter();
    world_.asks.ask_all(
        write_report_question(), world_.home.time().mono_ns,
        [done = std::move(done)](broker::NodeAsks::Replies&& replies) { done(read_reports(replies)); });
  }));
}

void NodeDesk::with_reports(Ready fn) {
  ask_all([this, fn = std::move(fn)](NodeReports&& reports) {
    world_.on_control([fn, reports = std::move(reports)] { fn(reports); });
  });
}

std::string NodeDesk::who(const std::string& by) const {
  return by + " at " + text_of(world_.self);
}

void NodeDesk::list(admin::Then<admin::NodeList> then) {
  with_reports([this, then = std::move(then)](const NodeReports& reports) {
    admin::NodeList list = list_of({world_.self, reports, world_.marks.marks(), members_of(world_.ranges)});
    world_.home.worker().post(make_task([then, list = std::move(list)]() mutable { then(std::move(list)); }));
  });
}

void NodeDesk::show(const std::string& node, admin::Then<admin::NodeState> then) {
  order(node, std::nullopt, std::move(then),
        [](NodeId, const NodeReports&, const MarkDesk::Then& end) { end({}); });
}

void NodeDesk::show_again(NodeId node, const admin::Then<admin::NodeState>& then) {
  with_reports([this, node, then](const NodeReports& reports) {
    admin::NodeState state =
        state_of(node, {world_.self, reports, world_.marks.marks(), members_of(world_.ranges)});
    world_.home.worker().post(
        make_task([then, state = std::move(state)]() mutable { then(std::move(state)); }));
  });
}

void NodeDesk::order(const std::string& text, std::optional<std::uint64_t> version,
                     admin::Then<admin::NodeState> then, Change change) {
  const auto node = read_node_id(text);
  if (!node)
    return then(Error{Errc::invalid, "\"" + text + "\" is no node: an id has sixteen hexadecimal digits"});
  with_reports([this, node = *node, version, then = std::move(then),
                change = std::move(change)](const NodeReports& reports) {
    const auto end = [this, node, then](const Status& status) {
      if (status.ok()) return show_again(node, then);
      world_.home.worker().post(make_task([then, error = status.error()]() mutable { then(error); }));
    };
    const KnownNodes known{world_.self, reports, world_.marks.marks(), members_of(world_.ranges)};
    if (!world_.marks.is_known()) return end(Error{Errc::busy, "this node has not read the store meta yet"});
    if (!all_of(known).contains(node))
      return end(Error{Errc::not_found, "there is no node " + text_of(node) +
                                            " that this one knows; GET /api/v1/nodes lists them"});
    const Status fits = version ? has_version(node, *version, known.marks) : Status();
    if (!fits.ok()) return end(fits);
    change(node, reports, end);
  });
}

void NodeDesk::drain(const admin::DrainOrder& order, admin::Then<admin::NodeState> then) {
  this->order(order.node, order.version, std::move(then),
              [this, order](NodeId node, const NodeReports& reports, const MarkDesk::Then& end) {
                const NodeMarks& marks = world_.marks.marks();
                if (const Status may = may_drain(node, {world_.self, reports, marks, {}}); !may.ok())
                  return end(may);
                const auto present = marks.drains.find(node);
                DrainMark mark;
                // Who changes the rate of one that is under way does not begin it anew.
                if (present != marks.drains.end()) mark = present->second;
                mark.rate = order.rate.value_or(mark.rate);
                mark.is_for_good = order.is_for_good;
                mark.reason = order.reason;
                world_.marks.drain(node, mark, who(order.by), mark.version, end);
              });
}

void NodeDesk::resume(const admin::NodeOrder& order, admin::Then<admin::NodeState> then) {
  this->order(order.node, order.version, std::move(then),
              [this, order](NodeId node, const NodeReports& reports, const MarkDesk::Then& end) {
                const Status may = may_resume(node, {world_.self, reports, world_.marks.marks(), {}});
                if (!may.ok()) return end(may);
                world_.marks.resume(node, who(order.by), order.version, end);
              });
}

void NodeDesk::remove(const admin::NodeOrder& order, admin::Then<admin::NodeState> then) {
  this->order(order.node, order.version, std::move(then),
              [this, order](NodeId node, const NodeReports& reports, const MarkDesk::Then& end) {
                const Status may = may_remove(node, {world_.self, reports, world_.marks.marks(), {}});
                if (!may.ok()) return end(may);
                RemovedMark mark;
                mark.reason = order.reason;
                world_.marks.remove(node, mark, who(order.by), order.version, end);
              });
}

}  // namespace tenon::node
