#include "stage/stage.h"

#include <algorithm>

#include "stage/describe.h"

namespace tenon::raft {
namespace {

std::uint32_t number(NodeId node) {
  return static_cast<std::uint32_t>(node);
}

std::vector<NodeId> ids(std::initializer_list<std::uint32_t> nodes) {
  std::vector<NodeId> result;
  for (const std::uint32_t node : nodes) result.push_back(NodeId{node});
  return result;
}

}  // namespace

Options Stage::quick() {
  Options options;
  options.election_ticks = 10;
  options.heartbeat_ticks = 1;
  options.snapshot_ticks_max = 20;
  options.catch_up_entries_max = 5;
  return options;
}

Stage::Stage(std::uint32_t voters, Options options) : options_(options) {
  std::vector<NodeId> founders;
  for (std::uint32_t node = 1; node <= voters; ++node) founders.push_back(id(node));
  base_ = sim::founding(founders);
  for (std::uint32_t node = 1; node <= voters; ++node) {
    options_.self = id(node);
    nodes_.push_back({sim::Replica({options_, base_}, nullptr)});
    restart(node);
  }
}

std::uint32_t Stage::add_empty() {
  const auto node = static_cast<std::uint32_t>(nodes_.size() + 1);
  options_.self = id(node);
  nodes_.push_back({sim::Replica({options_, {}}, nullptr)});
  restart(node);
  return node;
}

std::uint32_t Stage::add_learner(std::uint32_t leader) {
  const std::uint32_t node = add_empty();
  Configuration target = group(leader).configuration();
  target.learners.push_back(id(node));
  group(leader).propose_change(target);
  run(leader);
  while (!replica(node).wanted()) tick_all();
  install(node);
  tick_all(2);
  return node;
}

void Stage::set_log(std::uint32_t node, const std::vector<Term>& terms, Term term) {
  options_.self = id(node);
  sim::Replica::Begin begin{options_, base_};
  begin.hard_state = HardState{term, NodeId::none, 1, 0};
  Index index = 1;
  for (const Term of : terms)
    begin.entries.push_back({++index, of, EntryKind::command, Payload::copy("old")});
  nodes_[node - 1].replica = sim::Replica(begin, nullptr);
  restart(node);
}

// ---- Moving things on

void Stage::send(const Message& message) {
  if (!cut_.contains({number(message.from), number(message.to)})) wire_.push_back(message);
}

void Stage::run(std::uint32_t number) {
  Node& node = nodes_[number - 1];
  if (!node.replica.up()) return;
  while (node.replica.group().has_ready()) {
    Ready ready = node.replica.group().ready();
    trace_ += describe(id(number), ready);
    node.reads.insert(node.reads.end(), ready.reads.begin(), ready.reads.end());
    node.applied.insert(node.applied.end(), ready.committed.begin(), ready.committed.end());
    std::vector<Message> messages;
    node.replica.handle(std::move(ready), &messages);
    for (const Message& message : messages) send(message);
    if (!node.slow) node.replica.complete_writes();
  }
}

void Stage::deliver(Message message) {
  const std::uint32_t to = number(message.to);
  if (to > nodes_.size() || !replica(to).up()) return;
  trace_ += "  " + describe(message) + "\n";
  group(to).step(std::move(message));
  run(to);
}

void Stage::step(std::uint32_t node, Message message) {
  message.to = id(node);
  deliver(std::move(message));
}

void Stage::settle() {
  while (deliver_one([](const Message&) { return true; })) continue;
}

void Stage::tick(std::uint32_t node, std::uint32_t times) {
  for (std::uint32_t i = 0; i < times && replica(node).up(); ++i) {
    group(node).tick();
    run(node);
  }
}

void Stage::tick_all(std::uint32_t times) {
  for (std::uint32_t i = 0; i < times; ++i) {
    for (std::uint32_t node = 1; node <= nodes_.size(); ++node) tick(node);
    settle();
  }
}

bool Stage::campaign(std::uint32_t node) {
  group(node).campaign();
  run(node);
  settle();
  return group(node).leading();
}

ProposeResult Stage::propose(std::uint32_t node, std::string_view text) {
  const Payload payload = Payload::copy(text);
  const ProposeResult result = group(node).propose(std::span(&payload, 1));
  run(node);
  return result;
}

ProposeResult Stage::change(std::uint32_t node, std::initializer_list<std::uint32_t> voters,
                            std::initializer_list<std::uint32_t> learners) {
  Configuration target;
  target.voters = ids(voters);
  target.learners = ids(learners);
  const ProposeResult result = group(node).propose_change(target);
  run(node);
  return result;
}

// ---- Disks, crashes and the network

void Stage::complete_write(std::uint32_t node) {
  replica(node).complete_write();
  run(node);
}

void Stage::quick_disk(std::uint32_t node) {
  nodes_[node - 1].slow = false;
  replica(node).complete_writes();
  run(node);
}

void Stage::crash(std::uint32_t node, std::size_t kept_writes) {
  replica(node).crash(kept_writes);
}

void Stage::restart(std::uint32_t node) {
  replica(node).start(node + 1000 * ++lives_);
  nodes_[node - 1].reads.clear();
  nodes_[node - 1].applied.clear();
  run(node);
}

void Stage::install(std::uint32_t node) {
  sim::Replica& source = replica(number(replica(node).wanted()->from));
  sim::State state = source.state();
  state.meta = source.group().meta_at(state.applied);
  trace_ += "  " + describe(id(node)) + " installs the snapshot at " + std::to_string(state.applied) + "\n";
  replica(node).install(state);
  run(node);
}

void Stage::isolate(std::uint32_t node) {
  for (std::uint32_t other = 1; other <= nodes_.size(); ++other) {
    cut(node, other);
    cut(other, node);
  }
}

std::vector<Message> Stage::take(MessageType type) {
  std::vector<Message> taken;
  std::erase_if(wire_, [&](const Message& message) {
    if (message.type != type) return false;
    taken.push_back(message);
    return true;
  });
  return taken;
}

// ---- What became of it

std::vector<Term> Stage::log_terms(std::uint32_t node) {
  std::vector<Term> terms;
  const sim::DiskLog& disk = replica(node).disk();
  for (Index index = std::max<Index>(2, disk.base().index + 1); index <= disk.last_index(); ++index) {
    terms.push_back(*disk.term(index));
  }
  return terms;
}

}  // namespace tenon::raft
