#include "kv/source_row.h"

#include <algorithm>

#include "base/assert.h"
#include "base/wire.h"

namespace tenon::kv {

void SourceRow::use_up(std::uint64_t number, bool was_refused) {
  TENON_BUG(number == last + 1, "the numbers of a sender are used up in order");
  last = number;
  if (!was_refused) return;
  if (refused.size() == refused_max) refused.erase(refused.begin());
  refused.push_back(number);
}

bool SourceRow::has_refused(std::uint64_t number) const {
  return std::binary_search(refused.begin(), refused.end(), number);
}

std::string encode(const SourceRow& row) {
  std::string bytes;
  WireWriter out(bytes);
  out.varint(row.last);
  if (row.refused.empty()) return bytes;
  out.varint(row.refused.size());
  for (const std::uint64_t number : row.refused) out.varint(number);
  return bytes;
}

Result<SourceRow> decode_source_row(std::string_view bytes) {
  WireReader in(bytes);
  SourceRow row;
  row.last = in.varint();
  const std::uint64_t count = in.varint_or(0);
  if (count > SourceRow::refused_max) in.fail();
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    row.refused.push_back(in.varint());
    const bool is_behind = i == 0 || row.refused[i - 1] < row.refused[i];
    if (!is_behind || row.refused[i] > row.last) in.fail();
  }
  if (!in.ok() || row.last == 0) return Error{Errc::corrupt, "row of a sender: it makes no sense"};
  return row;
}

}  // namespace tenon::kv
