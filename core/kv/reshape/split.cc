#include "kv/reshape/split.h"

#include <limits>

#include "base/wire.h"

namespace tenon::kv {

std::string encode(const SplitCommand& split) {
  std::string text;
  WireWriter out(text);
  write(out, split.child);
  out.varint(split.boundary_epoch);
  out.bytes(split.key);
  return text;
}

Result<SplitCommand> decode_split(std::string_view text) {
  WireReader in(text);
  SplitCommand split;
  split.child = read_range_id(in);
  const std::uint64_t epoch = in.varint();
  split.key = in.bytes();
  if (!in.ok() || split.child.number == 0 || epoch > std::numeric_limits<std::uint32_t>::max())
    return Error{Errc::invalid, "split of a range: it makes no sense"};
  split.boundary_epoch = static_cast<std::uint32_t>(epoch);
  return split;
}

}  // namespace tenon::kv
