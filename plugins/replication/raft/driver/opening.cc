#include "driver/opening.h"

#include <algorithm>
#include <string>
#include <utility>

#include <tenon/failure.hpp>

#include "driver/membership.h"
#include "wire/hard_state_codec.h"

namespace tenon::raft {
namespace {

[[noreturn]] void refuse(const std::string& why) {
  throw sdk::Failure(TENON_E_INVALID, why);
}

std::string text(tenon_log_point at) {
  return "index " + std::to_string(at.index) + " of term " + std::to_string(at.term);
}

Configuration read_membership(const tenon_group_open& open) {
  std::optional<Configuration> configuration;
  if (open.membership == nullptr) {
    configuration.emplace();
  } else {
    configuration = configuration_of(*open.membership);
  }
  if (!configuration) refuse("the membership names a node twice, or node 0, or has no voter");
  if (configuration->empty() && open.applied.index > 0)
    refuse("the state holds " + text(open.applied) + " but comes without a membership");
  return std::move(*configuration);
}

bool needs_state(const tenon_group_open& open) {
  return (open.flags & TENON_GROUP_NEEDS_STATE) != 0;
}

HardState initial_hard_state(const tenon_group_open& open, tenon_log_point at) {
  HardState hard;
  hard.term = at.term;
  hard.commit = at.index;
  hard.incarnation = open.id.incarnation;
  return hard;
}

// A log that begins behind what the state holds.
Opening begin_at_state(const tenon_group_open& open, Configuration configuration, HardState hard,
                       JournalReader& reader) {
  FirstWrite first;
  first.set_base = true;
  first.base = {open.applied.index, open.applied.term, std::move(configuration)};
  first.hard = hard;
  reader.begin_with(first.base, {});
  return {{hard, open.applied.index}, std::move(first)};
}

Opening found(const tenon_group_open& open, Configuration configuration, JournalReader& reader) {
  configuration.epoch = 1;
  FirstWrite first;
  first.hard = initial_hard_state(open, {1, 1});
  first.entries.push_back(
      {1, 1, EntryKind::configuration, Payload::copy(encode_configuration(configuration))});
  reader.begin_with({}, first.entries);
  return {{first.hard, 0}, std::move(first)};
}

Opening open_new(const tenon_group_open& open, Configuration configuration, NodeId self,
                 JournalReader& reader) {
  if (open.hard_state.len > 0) refuse("there is a hard state but the journal does not know the group");
  if (open.applied.index > 0) {
    if (open.applied.term == 0) refuse("the state's term is 0");
    const HardState hard = initial_hard_state(open, open.applied);
    return begin_at_state(open, std::move(configuration), hard, reader);
  }
  if (needs_state(open)) {
    reader.use_journal({});
    return {{initial_hard_state(open, {0, 0}), 0, true}, std::nullopt};
  }
  if (configuration.is_voter(self) && !configuration.joint())
    return found(open, std::move(configuration), reader);
  reader.use_journal({});
  return {{initial_hard_state(open, {0, 0}), 0}, std::nullopt};
}

// Whether the journal lacks what the state holds. A committed entry can only be missing when the state came
// from elsewhere. In its place there may be an uncommitted one of an earlier term, or of a later one: a
// leader that was never followed by many wrote it before another one committed the earlier (paper
// section 5.4.2, figure 8). What the log itself calls committed, up to `commit`, can't differ.
bool state_is_ahead(const tenon_group_open& open, const tenon_log_bounds& bounds, Index commit,
                    const JournalReader& reader) {
  if (open.applied.index > bounds.last.index) return true;
  const Term term = open.applied.index == bounds.base.index
                        ? bounds.base.term
                        : reader.journal_term(open.applied.index).value_or(0);
  if (term == open.applied.term) return false;
  if (open.applied.index <= std::max(commit, bounds.base.index))
    refuse("the state holds " + text(open.applied) + ", the log has term " + std::to_string(term) + " there");
  return true;
}

}  // namespace

HardState hard_state_at(HardState hard, tenon_log_point base) {
  if (base.term > hard.term) {
    hard.term = base.term;
    hard.vote = NodeId::none;
  }
  hard.commit = base.index;
  return hard;
}

Opening plan_opening(const tenon_group_open& open, NodeId self, JournalReader& reader) {
  Configuration configuration = read_membership(open);
  if (needs_state(open) && open.applied.index > 0)
    refuse("the state holds " + text(open.applied) + " and is said to hold nothing");
  const std::optional<tenon_log_bounds> bounds = reader.bounds();
  if (!bounds) return open_new(open, std::move(configuration), self, reader);

  HardStateRecord record;
  if (const char* wrong = decode_hard_state(sdk::text_of(open.hard_state), &record)) refuse(wrong);
  record.hard.incarnation = open.id.incarnation;
  if (open.applied.index < bounds->base.index)
    refuse("the state holds " + text(open.applied) + " but the log begins after " + text(bounds->base));
  const bool is_ahead = state_is_ahead(open, *bounds, record.hard.commit, reader);
  record.hard.commit = std::max(record.hard.commit, open.applied.index);
  configuration.epoch = record.epoch;
  if (is_ahead) {
    record.hard = hard_state_at(record.hard, {open.applied.index, open.applied.term});
    return begin_at_state(open, std::move(configuration), record.hard, reader);
  }
  if (bounds->base.index == 0) configuration = {};
  // A configuration that comes between the log's base and the state is an entry of the log, so the one of the
  // state is right for the base wherever that is asked for.
  reader.use_journal({bounds->base.index, bounds->base.term, std::move(configuration)});
  if (needs_state(open) && bounds->last.index > 0)
    refuse("the state is said to hold nothing but there is a log up to " + text(bounds->last));
  return {{record.hard, open.applied.index, needs_state(open)}, std::nullopt};
}

}  // namespace tenon::raft
