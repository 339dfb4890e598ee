// How a range goes on as another incarnation: see recovery.h.

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "kv/range.h"

namespace tenon::kv {

Result<RangeRecord> Range::go_on_as(const Recovery& recovery, NodeId survivor) {
  TENON_BUG(!is_broken_, "a replica that failed goes on as nothing");
  TENON_BUG(!is_provisional() || !recovery.is_provisional, "what is provisional goes on as nothing like it");
  // A number that was passed over here must not be taken for one that was applied.
  if (const Status kept = keep_passed(); !kept) return kept.error();
  RangeRecord next = record_;
  next.id.incarnation = recovery.incarnation;
  if (const Status kept = keep_sources_as(next.id); !kept) return kept.error();
  Descriptor& descriptor = next.descriptor;
  descriptor.members = {{survivor}, {}, {}};
  const std::uint32_t highest = std::max(descriptor.epoch.boundary, recovery.boundary);
  descriptor.epoch.boundary =
      recovery.is_provisional ? provisional_boundary(highest) : recovered_boundary(highest);
  ++descriptor.epoch.members;
  if (!recovery.end.empty() && descriptor.holds(recovery.end)) descriptor.end = recovery.end;
  next.applied.term = recovery.term;
  next.frozen.reset();
  next.base.reset();
  // The former incarnation is over, unless it may go on: who asks what became of it, or of what was to be
  // part of it, must not hear that.
  if (recovery.is_provisional)
    next.base = ProvisionalBase{record_.id.incarnation, record_.applied, recovery.missing};
  else
    next.merges.add({record_.id, descriptor.epoch.boundary, true});
  if (is_provisional())
    next.merges.add({{record_.id.number, record_.base->former}, descriptor.epoch.boundary, true});
  return next;
}

CommandResult Range::apply_confirm(const Command& command) {
  const Result<ConfirmCommand> confirm = decode_confirm(command.text);
  std::uint32_t& boundary = record_.descriptor.epoch.boundary;
  if (!confirm || !is_provisional() || confirm->boundary != boundary) return {Outcome::refused, {}, {}};
  before_.push_back(record_);
  boundary = recovered_boundary(boundary);
  record_.merges.add({{record_.id.number, record_.base->former}, boundary, true});
  record_.base.reset();
  return {};
}

// To senders it is as if the other one had been absorbed with nothing that it had: what they have open there
// gets new numbers here, and what they had under way to this one, before they went by the other, is not
// applied any more. A range that is frozen has an epoch that its left neighbour goes by; what comes of that
// outlives the other one.
Result<CommandResult> Range::apply_outlive(const Command& command) {
  const Result<OutliveCommand> outlive = decode_outlive(command.text);
  std::uint32_t& boundary = record_.descriptor.epoch.boundary;
  if (!outlive || is_frozen() || outlive->other == record_.id ||
      era_of(record_.descriptor.epoch) > era_of({outlive->boundary, 0}))
    return CommandResult{Outcome::refused, {}, {}};
  before_.push_back(record_);
  for (const Status& done : {keep_passed(), pass_open_numbers()})
    if (!done) return done.error();
  boundary =
      is_provisional() ? provisional_boundary(outlive->boundary) : recovered_boundary(outlive->boundary);
  record_.merges.add({outlive->other, boundary, true});
  const RangeId own{record_.id.number, outlive->other.incarnation};
  if (own != outlive->other) record_.merges.add({own, boundary, true});
  return CommandResult{};
}

// A later incarnation of its own, which it has, or a note that stands for one of another range.
bool Range::has_outlived_any() const {
  const auto& notes = record_.merges.notes;
  return std::any_of(notes.begin(), notes.end(), [this](const MergeNote& note) {
    return note.is_absorbed && note.right.number == record_.id.number &&
           note.right.incarnation > record_.id.incarnation;
  });
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
