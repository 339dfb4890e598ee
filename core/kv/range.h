#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kv/bounded_state.h"
#include "kv/command.h"
#include "kv/machine.h"
#include "kv/overlay.h"
#include "kv/range_record.h"
#include "kv/reshape/merge.h"
#include "kv/reshape/recovery.h"
#include "kv/reshape/split.h"
#include "kv/senders/source_row.h"

namespace tenon::kv {

// A batch for the engine: puts and deletes, in the order of the keys.
struct EngineBatch {
  struct Write {
    std::string_view key;
    const std::string* value = nullptr;  // null: delete
  };
  std::vector<Write> state;    // in the space of the range's store
  std::vector<Write> sources;  // in the space of the sources: source_key()
  std::string record_key;      // range_key()
  std::string record;
  // The records of ranges that were split off this one, as key and record.
  std::vector<std::pair<std::string, std::string>> children;
  // Ranges that this one has absorbed, whose records go.
  struct Absorbed {
    RangeId id;
    Descriptor descriptor;
    bool may_return = false;  // it may outlive what holds its items now, and be here again
  };
  std::vector<Absorbed> absorbed;
};

// How far one entry takes the time of its range forward at most, so that a leader whose clock jumped by years
// does not end all that expires, nor hold the time of the range there. A longer way takes several entries.
constexpr UnixMs stamp_step_ms_max = UnixMs{24} * 60 * 60 * 1000;

// One replica of a range: its committed entries come in, its state and what is to be said about it go out.
//
// The engine's view that it stands on must hold what the record says. It is ahead of the engine by what was
// applied since the last flush; after a crash the log brings it forward again. One thread at a time.
class Range {
 public:
  // `state` and `sources` show the engine's content of the store, and of the space in which the rows of all
  // senders are, under their whole keys. They outlive the range, and so does `merge_port`; without one, no
  // merge can be applied.
  Range(RangeRecord record, const StateView& state, const StateView& sources,
        std::unique_ptr<Machine> machine, MergePort* merge_port = nullptr);
  Range(const Range&) = delete;
  Range& operator=(const Range&) = delete;

  // Brings the machine up; once, before anything else. io or corrupt: this replica can't be used.
  Status load();

  struct Applied {
    std::vector<CommandResult> results;  // one for each command of the entry
    std::vector<Notice> notices;         // to be sent if this replica leads
    // Ranges that were split off. Each is opened on this node from its record once a flush of this range has
    // brought that into the engine; until then it takes no part.
    std::vector<RangeRecord> children;
    bool is_reshaped = false;  // the descriptor is another one now
    // Other ranges are part of this one now. Their records go with the next flush; what else there is of
    // them, but for the items, is to be deleted behind that.
    std::vector<EngineBatch::Absorbed> absorbed;
  };
  // Whether this version can apply the command, if it is committed.
  bool knows(const Command& command) const {
    const bool is_service =
        command.kind == Command::Kind::service || command.kind == Command::Kind::service_many;
    return !is_service || machine_->version_of(command.text) <= machine_->version();
  }
  // As CommandVersions has it; 0: of any version.
  std::uint8_t service_version(const Command& command) const {
    const bool is_service =
        command.kind == Command::Kind::service || command.kind == Command::Kind::service_many;
    return is_service ? machine_->version_of(command.text) : 0;
  }
  // The next committed entry. REQUIRES: at.index is applied().index + 1. An error: the replica can't go on,
  // as with unsupported: an entry of a newer version, which those that know it apply; nothing of the entry is
  // in what a flush writes, and only begin_flush() and end_flush() may still be called.
  Result<Applied> apply(const LogPoint& at, std::string_view payload);
  // The same for entries without commands.
  void apply_nothing(const LogPoint& at);
  void apply_members(const LogPoint& at, Members members);

  // What is known of a sender.
  Result<SourceRow> source(SourceId source) const;
  // What was known of it in a range that was absorbed, or that this one goes on from; not_found: nothing is
  // kept of that range.
  Result<SourceRow> former_source(SourceId source, const RangeId& former) const;
  // All senders of which something is known, in their order, as long as fn returns true.
  Status each_source(const std::function<bool(SourceId)>& fn) const;
  // What the machine sees.
  const StateView& state() const { return own_state_; }
  const Machine& machine() const { return *machine_; }
  Status query(UnixMs now_ms, std::string_view question, std::string& ret_reply) const;
  void due(UnixMs now_ms, std::vector<std::string>& ret_commands) { machine_->due(now_ms, ret_commands); }
  // A stamp for a new entry: the clock's, but never before the last one applied, nor more than
  // stamp_step_ms_max behind it.
  UnixMs stamp(UnixMs clock_ms) const;
  // The range saw no entry for longer than one step. A leader commits entries without commands until its time
  // has caught up, before it takes commands: what is put into a time that lags would expire too early.
  bool time_lags(UnixMs clock_ms) const { return stamp(clock_ms) < clock_ms; }

  // As of applied(). Behind a flush it is that of the engine's content: with a view of that, all that a
  // SnapshotWriter needs.
  const RangeRecord& record() const { return record_; }
  // Recovered on nothing but silence, and neither confirmed nor over.
  bool is_provisional() const { return record_.base.has_value(); }
  // About to be absorbed, or not: it takes no commands, and its state does not change.
  bool is_frozen() const { return record_.frozen.has_value(); }
  const RangeId& id() const { return record_.id; }
  const Descriptor& descriptor() const { return record_.descriptor; }
  const LogPoint& applied() const { return record_.applied; }
  // What the engine holds; the log may be cut up to here once the engine has synced it.
  const LogPoint& flushed() const { return flushed_; }
  std::size_t memory_bytes() const { return state_.memory_bytes() + sources_.memory_bytes(); }
  // The engine holds all of the state, if not the record of this moment.
  bool is_state_flushed() const { return state_.empty() && sources_.empty(); }

  // REQUIRES: no flush is under way. Everything that was applied so far, to be written as one atomic batch.
  // The views are valid until end_flush(). May be empty but for the record.
  EngineBatch begin_flush();
  void end_flush();

  // Unsafe. Everything that is here is to be that of another incarnation of the range, of which the result is
  // the record and `survivor` the only member. The next flush has the rows of its senders. After an error
  // nothing has changed. REQUIRES: no flush is under way, and nothing is applied here any more.
  Result<RangeRecord> go_on_as(const Recovery& recovery, NodeId survivor);

  // The engine's content of the range was replaced, behind this one's back, by that of `record`: forgets all
  // that was applied here and brings the machine up again. io or corrupt: as load().
  Status replace(RangeRecord record);

 private:
  class Recording;
  class Work;

  RangeRecord record_;
  LogPoint flushed_;
  LogPoint flushing_;
  Overlay state_;
  Overlay sources_;
  BoundedState own_state_;  // what the machine sees of state_
  std::unique_ptr<Machine> machine_;
  MergePort* const merge_port_;
  std::vector<RangeRecord> children_;            // whose records no flush has taken yet
  std::vector<EngineBatch::Absorbed> absorbed_;  // whose end no flush has taken yet
  std::vector<RangeRecord> before_;              // the record, before each change of it by this entry
  bool is_broken_ = false;                       // half an entry went through the machine's memory

  void advance(const LogPoint& at);
  Status apply_commands(const ApplyContext& context, const std::vector<Command>& commands,
                        std::vector<CommandResult>& ret_results);
  Result<CommandResult> apply_command(const ApplyContext& context, const Command& command);
  Result<CommandResult> apply_service(const ApplyContext& context, const Command& command);
  Result<CommandResult> apply_numbered(const ApplyContext& context, const Command& command, bool is_here);
  Result<SourceRow> read_source(const std::string& key) const;
  Result<SourceRow> own_row(const std::string& key) const;
  Result<Outcome> outcome_of(const SourceRow& row, std::uint64_t number, bool is_here) const;
  Status use_number_up(const std::string& key, SourceRow row, Outcome outcome);
  Result<CommandResult> apply_to_machine(const ApplyContext& context, const Command& command);
  Result<CommandResult> reload_after_trespass();
  Result<CommandResult> apply_split(const ApplyContext& context, const Command& command);
  bool may_split(const SplitCommand& split) const;
  // range_merges.cc
  Result<CommandResult> apply_freeze(const Command& command);
  CommandResult apply_thaw(const Command& command);
  CommandResult apply_call_off(const Command& command);
  Result<CommandResult> apply_merge(const ApplyContext& context, const Command& command);
  bool may_merge(const MergeCommand& merge) const;
  // range_recovery.cc
  CommandResult apply_confirm(const Command& command);
  Result<CommandResult> apply_outlive(const Command& command);
  bool has_outlived_any() const;
  Status keep_sources_as(const RangeId& next);
  // range_merges.cc
  Status keep_passed();
  Status change_sources(const std::function<Status(SourceRow&)>& change);
  Status pass_open_numbers();
  Status take_over_sources(const RangeId& right);
  Status copy_sources(const RangeId& child);
};

}  // namespace tenon::kv
