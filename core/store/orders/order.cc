#include "store/orders/order.h"

#include <cstdio>
#include <limits>

#include "base/wire.h"
#include "store/orders/members_work.h"

namespace tenon::store {

namespace {

enum class Kind : std::uint8_t { transfer = 1, split = 2, merge = 3, members = 4 };

void write_nodes(WireWriter& out, const std::vector<NodeId>& nodes) {
  out.varint(nodes.size());
  for (const NodeId node : nodes) out.u64(static_cast<std::uint64_t>(node));
}

std::vector<NodeId> read_nodes(WireReader& in) {
  std::vector<NodeId> nodes;
  const std::uint64_t count = in.varint();
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) nodes.push_back(NodeId{in.u64()});
  return nodes;
}

std::string list_of(const std::vector<NodeId>& nodes) {
  std::string text;
  for (const NodeId node : nodes) text += (text.empty() ? "" : ",") + describe(node);
  return text;
}

struct Writer {
  WireWriter& out;

  void operator()(const TransferLeader& what) {
    out.u8(static_cast<std::uint8_t>(Kind::transfer));
    std::string own;
    WireWriter(own).u64(static_cast<std::uint64_t>(what.to));
    out.bytes(own);
  }
  void operator()(const SplitRange& what) {
    out.u8(static_cast<std::uint8_t>(Kind::split));
    std::string own;
    WireWriter to(own);
    to.bytes(what.key);
    to.u8(what.by_load ? 1 : 0);
    out.bytes(own);
  }
  void operator()(const ChangeMembers& what) {
    out.u8(static_cast<std::uint8_t>(Kind::members));
    std::string own;
    WireWriter own_out(own);
    write_nodes(own_out, what.voters);
    write_nodes(own_out, what.learners);
    out.bytes(own);
  }
  void operator()(const MergeRanges& what) {
    out.u8(static_cast<std::uint8_t>(Kind::merge));
    std::string own;
    WireWriter own_out(own);
    kv::write(own_out, what.right);
    own_out.varint(what.expected.boundary);
    own_out.varint(what.expected.members);
    out.bytes(own);
  }
};

struct Describer {
  std::string operator()(const TransferLeader& what) { return "transfer to " + describe(what.to); }
  std::string operator()(const SplitRange& what) {
    if (what.key.empty()) return what.by_load ? "split by load" : "split in half";
    return "split at a key of " + std::to_string(what.key.size()) + " bytes";
  }
  std::string operator()(const ChangeMembers& what) {
    const std::string learners = what.learners.empty() ? "" : ", learners " + list_of(what.learners);
    return "members: voters " + list_of(what.voters) + learners;
  }
  std::string operator()(const MergeRanges& what) {
    return "merge with range " + std::to_string(what.right.number);
  }
};

Error broken() {
  return {Errc::invalid, "order to a range: it makes no sense"};
}

std::uint32_t read_epoch(WireReader& in) {
  const std::uint64_t epoch = in.varint();
  if (epoch > std::numeric_limits<std::uint32_t>::max()) in.fail();
  return static_cast<std::uint32_t>(epoch);
}

}  // namespace

MonoNs patience_of(const Order& order) {
  // To find the leader, and for what needs no more than some seconds.
  constexpr MonoNs least_ns = 60 * ns_per_s;
  const bool copies = std::holds_alternative<ChangeMembers>(order.what);
  return copies ? MembersWork::patience_ns + least_ns : least_ns;
}

std::string encode(const Order& order) {
  std::string text;
  WireWriter out(text);
  out.varint(order.id);
  kv::write(out, order.range);
  out.varint(order.expected.boundary);
  out.varint(order.expected.members);
  out.bytes(order.reason);
  std::visit(Writer{out}, order.what);
  return text;
}

Result<Order> decode_order(std::string_view text) {
  WireReader in(text);
  Order order;
  order.id = in.varint();
  order.range = kv::read_range_id(in);
  order.expected.boundary = read_epoch(in);
  order.expected.members = read_epoch(in);
  order.reason = in.bytes();
  const Kind kind{in.u8()};
  WireReader own(in.bytes());
  if (!in.ok() || order.range.number == 0) return broken();
  switch (kind) {
    case Kind::transfer:
      order.what = TransferLeader{NodeId{own.u64()}};
      break;
    case Kind::split:
      order.what = SplitRange{std::string(own.bytes()), own.u8_or(0) != 0};
      break;
    case Kind::merge: {
      MergeRanges what;
      what.right = kv::read_range_id(own);
      what.expected.boundary = read_epoch(own);
      what.expected.members = read_epoch(own);
      if (what.right.number == 0) own.fail();
      order.what = what;
      break;
    }
    case Kind::members: {
      ChangeMembers what;
      what.voters = read_nodes(own);
      what.learners = read_nodes(own);
      order.what = std::move(what);
      break;
    }
    default:
      return Error{Errc::unsupported, "order to a range: its kind is of a newer version"};
  }
  if (!own.ok()) return broken();
  return order;
}

std::string describe(const Order& order) {
  return std::visit(Describer{}, order.what);
}

std::string describe(const kv::Epoch& epoch) {
  return std::to_string(epoch.boundary) + "." + std::to_string(epoch.members);
}

std::string describe(NodeId node) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(node));
  return text;
}

}  // namespace tenon::store
