// What a range does for merges: see merge.h.

#include <algorithm>
#include <utility>

#include "kv/range.h"
#include "kv/senders/passed_numbers.h"

namespace tenon::kv {
namespace {

CommandResult refused() {
  return {Outcome::refused, {}, {}};
}

bool are_same(const Members& a, const Members& b) {
  const auto sorted = [](std::vector<NodeId> nodes) {
    std::sort(nodes.begin(), nodes.end());
    return nodes;
  };
  return a.outgoing.empty() && b.outgoing.empty() && sorted(a.voters) == sorted(b.voters) &&
         sorted(a.learners) == sorted(b.learners);
}

}  // namespace

Result<CommandResult> Range::apply_freeze(const Command& command) {
  const Result<FreezeCommand> freeze = decode_freeze(command.text);
  const Descriptor& own = record_.descriptor;
  if (!freeze || is_frozen() || is_provisional() || freeze->expected != own.epoch ||
      !own.members.outgoing.empty() || freeze->frozen.into == record_.id)
    return refused();
  before_.push_back(record_);
  const Status kept = keep_passed();
  if (!kept) return kept.error();
  record_.frozen = freeze->frozen;
  return CommandResult{};
}

// A later epoch: what was planned before is refused, and so is the freeze that this one ends, if it comes
// again.
CommandResult Range::apply_thaw(const Command& command) {
  const Result<Frozen> frozen = decode_frozen(command.text);
  if (!frozen || record_.frozen != *frozen) return refused();
  before_.push_back(record_);
  record_.frozen.reset();
  ++record_.descriptor.epoch.boundary;
  return {};
}

CommandResult Range::apply_call_off(const Command& command) {
  const Result<CallOffCommand> call_off = decode_call_off(command.text);
  std::uint32_t& epoch = record_.descriptor.epoch.boundary;
  const MergeNotes& merges = record_.merges;
  // What may have been absorbed, or will be, can't be called off.
  if (!call_off || is_frozen() || call_off->epoch > epoch || call_off->epoch < merges.forgotten_before ||
      merges.has_absorbed(call_off->right) || merges.has_called_off(call_off->right, call_off->epoch))
    return refused();
  before_.push_back(record_);
  record_.merges.add({call_off->right, call_off->epoch, false});
  // A provisional one absorbs nothing, whatever its epoch is.
  if (call_off->epoch == epoch && !is_provisional()) ++epoch;
  return {};
}

bool Range::may_merge(const MergeCommand& merge) const {
  const Descriptor& own = record_.descriptor;
  const Descriptor& right = merge.descriptor;
  return !is_frozen() && !is_provisional() && merge.expected == own.epoch && merge.right != record_.id &&
         right.store == own.store && !own.end.empty() && right.begin == own.end &&
         are_same(own.members, right.members);
}

Result<CommandResult> Range::apply_merge(const ApplyContext&, const Command& command) {
  const Result<MergeCommand> merge = decode_merge(command.text);
  if (!merge || !may_merge(*merge)) return refused();
  if (!merge_port_ || !merge_port_->absorb(record_.id, *merge))
    return Error{Errc::io, "range " + std::to_string(merge->right.number) +
                               " is to become part of this one, and is not here as it has to be"};
  before_.push_back(record_);
  for (const Status& done : {keep_passed(), pass_open_numbers(), take_over_sources(merge->right)})
    if (!done) return done.error();
  absorbed_.push_back({merge->right, merge->descriptor});
  MergeNotes& merges = record_.merges;
  for (const RangeId& range : merge->absorbed)
    if (!merges.has_absorbed(range)) merges.add({range, merge->expected.boundary, true});
  merges.add({merge->right, merge->expected.boundary, true});
  if (merge->has_forgotten) merges.forgotten_before = std::max(merges.forgotten_before, 1u);
  Descriptor& own = record_.descriptor;
  own.end = merge->descriptor.end;
  own.epoch.boundary = std::max(own.epoch.boundary, merge->descriptor.epoch.boundary) + 1;
  // A node that has opened an empty replica of what the range was is no member by that.
  ++own.epoch.members;
  record_.last_stamp_ms = std::max(record_.last_stamp_ms, merge->last_stamp_ms);
  const Status loaded = machine_->bounds_changed(own_state_);
  if (!loaded) return loaded.error();
  return CommandResult{};
}

// From here on the rows say which numbers were passed over. Where keys were taken from this range before,
// those of the numbers so far are not known.
Status Range::keep_passed() {
  if (std::exchange(record_.keeps_passed, true) || record_.descriptor.epoch.boundary == 0) return {};
  return change_sources([](SourceRow& row) {
    row.be_vague();
    return Status();
  });
}

// What senders have numbered so far, whether it is on its way or not, is not applied any more.
Status Range::pass_open_numbers() {
  return change_sources([](SourceRow& row) { return row.pass_over(2 * PassedNumbers::window); });
}

// The rows of the range's own senders, not those that it keeps of absorbed ranges.
Status Range::change_sources(const std::function<Status(SourceRow&)>& change) {
  const std::string prefix = range_key(record_.id);
  std::vector<std::pair<std::string, std::string>> rows;
  Status read =
      sources_.scan(prefix, end_of_prefix(prefix), [&](std::string_view key, std::string_view value) {
        if (source_of_key(key)) rows.emplace_back(key, value);
        return true;
      });
  if (!read) return read;
  for (const auto& [key, value] : rows) {
    Result<SourceRow> row = decode_source_row(value);
    if (!row) return row.error();
    Status changed = change(*row);
    if (!changed) return changed;
    sources_.put(key, encode(*row));
  }
  return {};
}

// The rows of the right range's senders, and those that it kept of others, become rows that this one keeps.
Status Range::take_over_sources(const RangeId& right) {
  const std::string own_prefix = range_key(record_.id);
  const std::string right_prefix = range_key(right);
  const std::size_t own_size = source_key(right, SourceId::none).size();
  std::vector<std::pair<std::string, std::string>> rows;
  Status read = sources_.scan(right_prefix, end_of_prefix(right_prefix),
                              [&](std::string_view key, std::string_view value) {
                                std::string& kept = rows.emplace_back(own_prefix, value).first;
                                kept += key.substr(right_prefix.size());
                                if (key.size() == own_size) kept += right_prefix;
                                return true;
                              });
  if (!read) return read;
  for (const auto& [key, value] : rows) sources_.put(key, value);
  return {};
}

}  // namespace tenon::kv
