#include "kv/reshape/recovery.h"

#include <algorithm>
#include <limits>

#include "base/wire.h"

namespace tenon::kv {
namespace {

std::uint32_t read_boundary(WireReader& in) {
  const std::uint64_t boundary = in.varint();
  if (boundary > std::numeric_limits<std::uint32_t>::max()) in.fail();
  return static_cast<std::uint32_t>(boundary);
}

}  // namespace

std::uint64_t next_incarnation(std::uint64_t former, UnixMs now_ms, std::uint64_t random) {
  constexpr unsigned random_bits = 20;
  const auto now = static_cast<std::uint64_t>(std::max<UnixMs>(now_ms, 0));
  const std::uint64_t wanted = now << random_bits | (random & ((1u << random_bits) - 1));
  return std::max(wanted, former + 1);
}

std::string encode(const ConfirmCommand& confirm) {
  std::string text;
  WireWriter(text).varint(confirm.boundary);
  return text;
}

std::string encode(const OutliveCommand& outlive) {
  std::string text;
  WireWriter out(text);
  write(out, outlive.other);
  out.varint(outlive.boundary);
  return text;
}

void write(WireWriter& out, const ProvisionalBase& base) {
  out.varint(base.former);
  out.varint(base.last.index);
  out.varint(base.last.term);
  out.varint(base.missing.size());
  for (const NodeId node : base.missing) out.u64(static_cast<std::uint64_t>(node));
}

Result<ConfirmCommand> decode_confirm(std::string_view text) {
  WireReader in(text);
  const ConfirmCommand confirm{read_boundary(in)};
  if (!in.ok()) return Error{Errc::invalid, "confirmation of a range: it makes no sense"};
  return confirm;
}

Result<OutliveCommand> decode_outlive(std::string_view text) {
  WireReader in(text);
  OutliveCommand outlive;
  outlive.other = read_range_id(in);
  outlive.boundary = read_boundary(in);
  if (!in.ok() || !is_provisional(outlive.other, {outlive.boundary, 0}))
    return Error{Errc::invalid, "end of a provisional range: it makes no sense"};
  return outlive;
}

ProvisionalBase read_provisional_base(WireReader& in) {
  ProvisionalBase base;
  base.former = in.varint();
  base.last.index = in.varint();
  base.last.term = in.varint();
  const std::uint64_t count = in.varint();
  if (base.former == 0 || count > in.rest().size() / sizeof(std::uint64_t)) in.fail();
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) base.missing.push_back(NodeId{in.u64()});
  return base;
}

}  // namespace tenon::kv
