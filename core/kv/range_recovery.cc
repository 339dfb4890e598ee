// How a range goes on as another incarnation: see recovery.h.

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "kv/range.h"

namespace tenon::kv {

Result<RangeRecord> Range::go_on_as(const Recovery& recovery, NodeId survivor) {
  TENON_BUG(!is_broken_, "a replica that failed goes on as nothing");
  // A number that was passed over here must not be taken for one that was applied.
  if (const Status kept = keep_passed(); !kept) return kept.error();
  RangeRecord next = record_;
  next.id.incarnation = recovery.incarnation;
  if (const Status kept = keep_sources_as(next.id); !kept) return kept.error();
  Descriptor& descriptor = next.descriptor;
  descriptor.members = {{survivor}, {}, {}};
  descriptor.epoch.boundary = recovered_boundary(std::max(descriptor.epoch.boundary, recovery.boundary));
  ++descriptor.epoch.members;
  if (!recovery.end.empty() && descriptor.holds(recovery.end)) descriptor.end = recovery.end;
  next.applied.term = recovery.term;
  next.frozen.reset();
  next.merges.add({record_.id, descriptor.epoch.boundary, true});
  return next;
}

// Senders go on behind the numbers that they had here. What they don't know the fate of they compare with
// what was here, as of a range that was absorbed.
Status Range::keep_sources_as(const RangeId& next) {
  const std::string own_prefix = range_key(record_.id);
  const std::string next_prefix = range_key(next);
  const std::size_t own_size = source_key(record_.id, SourceId::none).size();
  std::vector<std::pair<std::string, std::string>> rows;
  Status read =
      sources_.scan(own_prefix, end_of_prefix(own_prefix), [&](std::string_view key, std::string_view value) {
        const std::string name = next_prefix + std::string(key.substr(own_prefix.size()));
        rows.emplace_back(name, value);
        if (key.size() == own_size) rows.emplace_back(name + own_prefix, value);
        return true;
      });
  if (!read) return read;
  for (const auto& [key, value] : rows) sources_.put(key, value);
  return {};
}

}  // namespace tenon::kv
