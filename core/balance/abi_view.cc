#include "balance/abi_view.h"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace tenon::balance {

namespace {

// More commands, members, and bytes than any plan has a use for.
constexpr std::size_t commands_max = 1 << 16;
constexpr std::size_t nodes_max = 1 << 12;
constexpr std::size_t text_bytes_max = 1024;
constexpr std::size_t memo_bytes_max = 1 << 20;

tenon_bytes bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string text_of(const tenon_bytes& bytes, std::size_t bytes_max) {
  if (!bytes.data) return {};
  return {reinterpret_cast<const char*>(bytes.data), std::min<std::size_t>(bytes.len, bytes_max)};
}

// NodeId is a number of 64 bits with a type of its own.
static_assert(sizeof(NodeId) == sizeof(std::uint64_t));
const std::uint64_t* raw_of(const std::vector<NodeId>& nodes) {
  return reinterpret_cast<const std::uint64_t*>(nodes.data());
}

std::vector<NodeId> nodes_of(const std::uint64_t* raw, std::uint32_t count) {
  std::vector<NodeId> nodes;
  for (std::size_t i = 0; raw && i < std::min<std::size_t>(count, nodes_max); ++i)
    nodes.push_back(NodeId{raw[i]});
  std::sort(nodes.begin(), nodes.end());
  return nodes;
}

tenon_balancer_replica raw_of(const ViewReplica& replica) {
  tenon_balancer_replica raw{};
  raw.node = static_cast<std::uint64_t>(replica.node);
  raw.flags = (replica.is_usable ? TENON_REPLICA_USABLE : 0) | (replica.is_behind ? TENON_REPLICA_BEHIND : 0);
  raw.term = replica.term;
  raw.last_index = replica.last_index.value_or(TENON_BALANCER_UNKNOWN);
  raw.lag = replica.lag.value_or(TENON_BALANCER_UNKNOWN);
  return raw;
}

tenon_balancer_range raw_of(const ViewRange& range, const tenon_balancer_replica* replicas) {
  tenon_balancer_range raw{};
  const kv::Descriptor& what = range.what;
  raw.struct_size = sizeof raw;
  raw.flags = (range.is_busy ? TENON_RANGE_BUSY : 0) | (range.is_provisional ? TENON_RANGE_PROVISIONAL : 0);
  raw.id = range.id;
  raw.store = static_cast<std::uint32_t>(what.store);
  raw.boundary_epoch = what.epoch.boundary;
  raw.members_epoch = what.epoch.members;
  raw.outgoing_count = static_cast<std::uint32_t>(what.members.outgoing.size());
  raw.begin = bytes_of(what.begin);
  raw.end = bytes_of(what.end);
  raw.leader = static_cast<std::uint64_t>(range.leader);
  raw.leader_since_ms = range.leader_since_ms;
  raw.voters = raw_of(what.members.voters);
  raw.learners = raw_of(what.members.learners);
  raw.voter_count = static_cast<std::uint32_t>(what.members.voters.size());
  raw.learner_count = static_cast<std::uint32_t>(what.members.learners.size());
  raw.replicas = replicas;
  raw.replica_count = range.replicas.size();
  raw.size_bytes = range.size_bytes.value_or(TENON_BALANCER_UNKNOWN);
  raw.commands_per_s = range.commands_per_s;
  raw.bytes_per_s = range.bytes_per_s;
  raw.load_key = bytes_of(range.load_key);
  raw.fanout_key = bytes_of(range.fanout_key);
  raw.fanout_count = range.fanout_count;
  return raw;
}

decltype(Command::what) what_of(const tenon_balancer_command& raw) {
  switch (raw.kind) {
    case TENON_COMMAND_TRANSFER:
      return Transfer{NodeId{raw.node}};
    case TENON_COMMAND_SPLIT:
      return Split{text_of(raw.key, memo_bytes_max), raw.split_by_load != 0};
    case TENON_COMMAND_MEMBERS:
      return Members{nodes_of(raw.voters, raw.voter_count), nodes_of(raw.learners, raw.learner_count)};
    case TENON_COMMAND_MERGE:
      return Merge{raw.other, {raw.other_boundary_epoch, raw.other_members_epoch}};
    case TENON_COMMAND_RECOVER:
      return Recover{nodes_of(raw.voters, raw.voter_count), raw.evidence == TENON_RECOVER_PROOF};
    default:
      return Unknown{raw.kind};
  }
}

}  // namespace

AbiView::AbiView(const View& view) : view_(view) {
  std::size_t attribute_count = 0;
  for (const ViewNode& node : view.nodes) attribute_count += node.attributes.size();
  attributes_.reserve(attribute_count);
  for (const ViewNode& node : view.nodes) {
    tenon_balancer_node& raw = nodes_.emplace_back();
    raw.struct_size = sizeof raw;
    raw.state = node.is_alive ? TENON_NODE_ALIVE : TENON_NODE_GONE;
    raw.id = static_cast<std::uint64_t>(node.id);
    raw.since_ms = node.since_ms;
    raw.zone = bytes_of(node.zone);
    raw.cores = node.cores;
    raw.stores = node.stores;
    raw.evidence = static_cast<std::uint32_t>(node.evidence);
    raw.flags = (node.is_draining ? TENON_NODE_DRAINING : 0) | (node.is_emptying ? TENON_NODE_EMPTYING : 0);
    raw.attributes = attributes_.data() + attributes_.size();
    raw.attribute_count = node.attributes.size();
    for (const auto& [name, value] : node.attributes)
      attributes_.push_back({bytes_of(name), bytes_of(value)});
  }
  std::size_t replica_count = 0;
  for (const ViewRange& range : view.ranges) replica_count += range.replicas.size();
  replicas_.reserve(replica_count);
  ranges_.reserve(view.ranges.size());
  for (const ViewRange& range : view.ranges) {
    ranges_.push_back(raw_of(range, replicas_.data() + replicas_.size()));
    for (const ViewReplica& replica : range.replicas) replicas_.push_back(raw_of(replica));
  }
  raw_.struct_size = sizeof raw_;
  raw_.now_ms = view.now_ms;
  raw_.seed = view.seed;
  raw_.nodes = {nodes_.data(), static_cast<std::uint32_t>(nodes_.size()), sizeof(tenon_balancer_node)};
  raw_.ranges = {ranges_.data(), static_cast<std::uint32_t>(ranges_.size()), sizeof(tenon_balancer_range)};
}

const tenon_balancer_view& AbiView::of_store(StoreId store) {
  const auto wish = view_.wishes.find(store);
  const StoreWish wanted = wish == view_.wishes.end() ? StoreWish{} : wish->second;
  raw_.store = static_cast<std::uint32_t>(store);
  raw_.voters_wanted = wanted.voters;
  raw_.learners_wanted = wanted.learners;
  raw_.ranges_at_first = wanted.ranges_at_first;
  return raw_;
}

Plan read_plan(const tenon_balancer_plan& raw) {
  Plan plan;
  const auto* const data = static_cast<const std::uint8_t*>(raw.commands.data);
  const std::size_t count = data ? std::min<std::size_t>(raw.commands.count, commands_max) : 0;
  for (std::size_t i = 0; i < count; ++i) {
    tenon_balancer_command command{};
    std::memcpy(&command, data + i * raw.commands.stride,
                std::min<std::size_t>(raw.commands.stride, sizeof command));
    plan.commands.push_back({command.range,
                             {command.boundary_epoch, command.members_epoch},
                             what_of(command),
                             command.cost_bytes,
                             text_of(command.reason, text_bytes_max)});
  }
  plan.await_ms = std::max<std::int64_t>(raw.await_ms, 0);
  plan.reason = text_of(raw.reason, text_bytes_max);
  plan.memo = text_of(raw.memo, memo_bytes_max);
  return plan;
}

}  // namespace tenon::balance
