#include "balance/facts.h"

#include "base/wire.h"

namespace tenon::balance {

namespace {

constexpr std::uint8_t version = 1;
constexpr std::uint8_t flag_leads = 1;
constexpr std::uint8_t flag_usable = 2;
constexpr std::uint8_t flag_busy = 4;

std::string encode_replica(const ReplicaFacts& facts) {
  std::string text;
  WireWriter out(text);
  const bool leads = facts.leads && facts.what;
  write(out, facts.id);
  out.u8(static_cast<std::uint8_t>((leads ? flag_leads : 0) | (facts.is_usable ? flag_usable : 0) |
                                   (facts.is_busy ? flag_busy : 0)));
  out.varint(facts.term);
  out.varint(facts.last_index);
  if (!leads) {
    out.u64(static_cast<std::uint64_t>(facts.leader));
    return text;
  }
  write(out, *facts.what);
  out.varint(facts.commands_per_s);
  out.varint(facts.bytes_per_s);
  out.varint(facts.size_bytes ? *facts.size_bytes + 1 : 0);
  out.bytes(facts.load_key);
  out.varint(facts.lags.size());
  for (const auto& lag : facts.lags) {
    out.u64(static_cast<std::uint64_t>(lag.node));
    out.varint(lag.entries);
    out.u8(lag.is_behind ? 1 : 0);
  }
  out.bytes(facts.fanout_key);
  out.varint(facts.fanout_count);
  return text;
}

bool read_replica(std::string_view text, ReplicaFacts& ret_facts) {
  WireReader in(text);
  ret_facts.id = kv::read_range_id(in);
  const std::uint8_t flags = in.u8();
  ret_facts.leads = (flags & flag_leads) != 0;
  ret_facts.is_usable = (flags & flag_usable) != 0;
  ret_facts.is_busy = (flags & flag_busy) != 0;
  ret_facts.term = in.varint();
  ret_facts.last_index = in.varint();
  if (!ret_facts.leads) {
    if (in.ok() && !in.at_end()) ret_facts.leader = NodeId{in.u64()};
    return in.ok();
  }
  ret_facts.what = kv::read_descriptor(in);
  ret_facts.commands_per_s = in.varint();
  ret_facts.bytes_per_s = in.varint();
  if (const std::uint64_t size = in.varint(); size != 0) ret_facts.size_bytes = size - 1;
  ret_facts.load_key = in.bytes();
  const std::uint64_t lag_count = in.varint();
  for (std::uint64_t i = 0; i < lag_count && in.ok(); ++i) {
    const NodeId node{in.u64()};
    const std::uint64_t entries = in.varint();
    ret_facts.lags.push_back({node, entries, in.u8() != 0});
  }
  if (!in.at_end()) ret_facts.fanout_key = in.bytes();
  ret_facts.fanout_count = in.varint_or(0);
  return in.ok();
}

}  // namespace

std::string encode(const NodeFacts& facts) {
  std::string text;
  WireWriter out(text);
  out.u8(version);
  out.varint(facts.start_number);
  out.bytes(facts.zone);
  out.varint(facts.cores);
  out.varint(facts.stores);
  out.varint(facts.attributes.size());
  for (const auto& [name, value] : facts.attributes) {
    out.bytes(name);
    out.bytes(value);
  }
  out.varint(facts.replicas.size());
  for (const ReplicaFacts& replica : facts.replicas) out.bytes(encode_replica(replica));
  return text;
}

std::optional<NodeFacts> read_facts(std::string_view body) {
  WireReader in(body);
  NodeFacts facts;
  if (in.u8() != version) return std::nullopt;
  facts.start_number = in.varint();
  facts.zone = in.bytes();
  facts.cores = static_cast<std::uint32_t>(in.varint());
  facts.stores = static_cast<std::uint32_t>(in.varint());
  const std::uint64_t attribute_count = in.varint();
  for (std::uint64_t i = 0; i < attribute_count && in.ok(); ++i) {
    const std::string name(in.bytes());
    facts.attributes[name] = in.bytes();
  }
  const std::uint64_t replica_count = in.varint();
  for (std::uint64_t i = 0; i < replica_count && in.ok(); ++i)
    if (!read_replica(in.bytes(), facts.replicas.emplace_back())) return std::nullopt;
  if (!in.ok()) return std::nullopt;
  return facts;
}

}  // namespace tenon::balance
