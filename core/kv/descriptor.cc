#include "kv/descriptor.h"

#include <algorithm>
#include <limits>

namespace tenon::kv {
namespace {

// A part that stands inside of a record behind its length, so that it too can grow at its end.
template <class Write>
void write_part(WireWriter& out, Write&& write) {
  std::string part;
  WireWriter writer(part);
  write(writer);
  out.bytes(part);
}

void write_nodes(WireWriter& out, const std::vector<NodeId>& nodes) {
  out.varint(nodes.size());
  for (const NodeId node : nodes) out.u64(static_cast<std::uint64_t>(node));
}

std::vector<NodeId> read_nodes(WireReader& in) {
  const std::uint64_t count = in.varint();
  if (count > in.rest().size() / sizeof(std::uint64_t)) in.fail();
  std::vector<NodeId> nodes;
  if (!in.ok()) return nodes;
  nodes.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    nodes.push_back(NodeId{in.u64()});
    if (nodes.back() == NodeId::none) in.fail();
  }
  return nodes;
}

std::uint32_t read_u32(WireReader& in) {
  const std::uint64_t value = in.varint();
  if (value > std::numeric_limits<std::uint32_t>::max()) in.fail();
  return static_cast<std::uint32_t>(value);
}

StoreId read_store(WireReader& in) {
  const auto store = StoreId{in.u8()};
  if (to_string(store).empty()) in.fail();
  return store;
}

}  // namespace

std::string_view to_string(StoreId store) {
  switch (store) {
    case StoreId::meta:
      return "meta";
    case StoreId::dist:
      return "dist";
    case StoreId::inbox:
      return "inbox";
    case StoreId::retain:
      return "retain";
  }
  return {};
}

bool has_member(const Members& members, NodeId node) {
  const auto holds = [node](const std::vector<NodeId>& nodes) {
    return std::find(nodes.begin(), nodes.end(), node) != nodes.end();
  };
  return holds(members.voters) || holds(members.outgoing) || holds(members.learners);
}

bool do_overlap(const Descriptor& a, const Descriptor& b) {
  if (a.store != b.store) return false;
  return (b.end.empty() || a.begin < b.end) && (a.end.empty() || b.begin < a.end);
}

void write(WireWriter& out, const RangeId& id) {
  out.varint(id.number);
  out.varint(id.incarnation);
}

void write(WireWriter& out, const Members& members) {
  write_part(out, [&members](WireWriter& part) {
    write_nodes(part, members.voters);
    write_nodes(part, members.outgoing);
    write_nodes(part, members.learners);
  });
}

void write(WireWriter& out, const Descriptor& descriptor) {
  write_part(out, [&descriptor](WireWriter& part) {
    part.u8(static_cast<std::uint8_t>(descriptor.store));
    part.bytes(descriptor.begin);
    part.bytes(descriptor.end);
    part.varint(descriptor.epoch.boundary);
    part.varint(descriptor.epoch.members);
    write(part, descriptor.members);
  });
}

RangeId read_range_id(WireReader& in) {
  RangeId id;
  id.number = in.varint();
  id.incarnation = in.varint();
  return id;
}

Members read_members(WireReader& in) {
  WireReader part(in.bytes());
  Members members;
  members.voters = read_nodes(part);
  members.outgoing = read_nodes(part);
  members.learners = read_nodes(part);
  if (!part.ok()) in.fail();
  return members;
}

Descriptor read_descriptor(WireReader& in) {
  WireReader part(in.bytes());
  Descriptor descriptor;
  descriptor.store = read_store(part);
  descriptor.begin = part.bytes();
  descriptor.end = part.bytes();
  descriptor.epoch.boundary = read_u32(part);
  descriptor.epoch.members = read_u32(part);
  descriptor.members = read_members(part);
  const bool is_empty = !descriptor.end.empty() && descriptor.end <= descriptor.begin;
  if (!part.ok() || is_empty) in.fail();
  return descriptor;
}

}  // namespace tenon::kv
