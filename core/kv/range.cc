#include "kv/range.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/wire.h"
#include "kv/senders/passed_numbers.h"

namespace tenon::kv {
namespace {

std::vector<EngineBatch::Write> writes_of(const Overlay::Changes& changes) {
  std::vector<EngineBatch::Write> writes;
  writes.reserve(changes.size());
  for (const auto& [key, change] : changes) writes.push_back({key, change.value ? &*change.value : nullptr});
  return writes;
}

}  // namespace

// While it lives, what is changed can be taken back.
class Range::Recording {
 public:
  explicit Recording(Range& range) : range_(range) {
    range_.state_.begin_changes();
    range_.sources_.begin_changes();
  }
  ~Recording() {
    range_.state_.keep_changes();
    range_.sources_.keep_changes();
  }
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;

 private:
  Range& range_;
};

// One entry, or one command in it: what it changed is taken back unless it was kept. In a Recording.
class Range::Work {
 public:
  Work(Range& range, std::vector<Notice>& notices)
      : range_(range),
        notices_(notices),
        state_mark_(range.state_.mark()),
        sources_mark_(range.sources_.mark()),
        child_count_(range.children_.size()),
        absorbed_count_(range.absorbed_.size()),
        before_count_(range.before_.size()),
        notice_count_(notices.size()) {}
  ~Work() {
    if (is_kept_) return;
    range_.state_.roll_back(state_mark_);
    range_.sources_.roll_back(sources_mark_);
    range_.children_.resize(child_count_);
    range_.absorbed_.resize(absorbed_count_);
    if (range_.before_.size() > before_count_) range_.record_ = std::move(range_.before_[before_count_]);
    range_.before_.resize(before_count_);
    notices_.resize(notice_count_);
  }
  Work(const Work&) = delete;
  Work& operator=(const Work&) = delete;

  void keep() { is_kept_ = true; }

 private:
  Range& range_;
  std::vector<Notice>& notices_;
  const Overlay::Mark state_mark_;
  const Overlay::Mark sources_mark_;
  const std::size_t child_count_;
  const std::size_t absorbed_count_;
  const std::size_t before_count_;
  const std::size_t notice_count_;
  bool is_kept_ = false;
};

Range::Range(RangeRecord record, const StateView& state, const StateView& sources,
             std::unique_ptr<Machine> machine, MergePort* merge_port)
    : record_(std::move(record)),
      flushed_(record_.applied),
      state_(state),
      sources_(sources),
      own_state_(record_.descriptor, state_),
      machine_(std::move(machine)),
      merge_port_(merge_port) {}

Status Range::load() {
  return machine_->load(own_state_);
}

Result<Range::Applied> Range::apply(const LogPoint& at, std::string_view payload) {
  TENON_BUG(!is_broken_, "a replica that failed applies nothing");
  TENON_BUG(at.index == record_.applied.index + 1, "entries are applied in the order of the log");
  const Result<EntryView> entry = read_entry(payload);
  if (!entry) return entry.error();

  Applied applied;
  const ApplyContext context{stamp(entry->stamp_ms), at.index, applied.notices};
  const std::size_t child_count = children_.size();
  const std::size_t absorbed_count = absorbed_.size();
  is_broken_ = true;
  const Status done = apply_commands(context, entry->commands, applied.results);
  if (!done) return done.error();
  is_broken_ = false;
  record_.last_stamp_ms = std::max(record_.last_stamp_ms, context.now_ms);
  advance(at);
  applied.children.assign(children_.begin() + static_cast<std::ptrdiff_t>(child_count), children_.end());
  applied.absorbed.assign(absorbed_.begin() + static_cast<std::ptrdiff_t>(absorbed_count), absorbed_.end());
  applied.is_reshaped = !before_.empty();
  before_.clear();
  return applied;
}

void Range::apply_nothing(const LogPoint& at) {
  TENON_BUG(!is_broken_, "a replica that failed applies nothing");
  advance(at);
}

void Range::apply_members(const LogPoint& at, Members members) {
  TENON_BUG(!is_broken_, "a replica that failed applies nothing");
  advance(at);
  record_.descriptor.members = std::move(members);
  ++record_.descriptor.epoch.members;
}

Result<SourceRow> Range::source(SourceId source) const {
  Result<SourceRow> row = own_row(source_key(record_.id, source));
  if (!row || record_.merges.has_absorbed_any()) return row;
  const Status certain = row->be_certain();
  if (!certain) return certain.error();
  return row;
}

Result<SourceRow> Range::former_source(SourceId source, const RangeId& former) const {
  const bool goes_on_from_it = is_provisional() && former == RangeId{record_.id.number, record_.base->former};
  if (!goes_on_from_it && !record_.merges.has_absorbed(former))
    return Error{Errc::not_found, "nothing is kept of range " + std::to_string(former.number)};
  return read_source(former_source_key(record_.id, source, former));
}

Status Range::each_source(const std::function<bool(SourceId)>& fn) const {
  const std::string prefix = range_key(record_.id);
  return sources_.scan(prefix, end_of_prefix(prefix), [&](std::string_view key, std::string_view) {
    const std::optional<SourceId> source = source_of_key(key);
    return !source || fn(*source);
  });
}

Status Range::query(UnixMs now_ms, std::string_view question, std::string& ret_reply) const {
  TENON_BUG(!is_broken_, "a replica that failed answers nothing");
  return machine_->query(now_ms, question, own_state_, ret_reply);
}

UnixMs Range::stamp(UnixMs clock_ms) const {
  const UnixMs last = record_.last_stamp_ms;
  if (last == 0) return std::max<UnixMs>(clock_ms, 0);
  if (clock_ms <= last) return last;
  return last + std::min(clock_ms - last, stamp_step_ms_max);
}

EngineBatch Range::begin_flush() {
  EngineBatch batch;
  batch.state = writes_of(state_.begin_flush());
  batch.sources = writes_of(sources_.begin_flush());
  batch.record_key = range_key(record_.id);
  batch.record = encode(record_);
  for (const RangeRecord& child : children_) batch.children.emplace_back(range_key(child.id), encode(child));
  children_.clear();
  batch.absorbed = std::exchange(absorbed_, {});
  flushing_ = record_.applied;
  return batch;
}

void Range::end_flush() {
  state_.end_flush();
  sources_.end_flush();
  flushed_ = flushing_;
}

Status Range::replace(RangeRecord record) {
  TENON_BUG(record.id == record_.id, "a replica takes the state of its own range only");
  state_.clear();
  sources_.clear();
  children_.clear();
  absorbed_.clear();
  record_ = std::move(record);
  flushed_ = record_.applied;
  flushing_ = record_.applied;
  return load();
}

void Range::advance(const LogPoint& at) {
  TENON_BUG(at.index == record_.applied.index + 1, "entries are applied in the order of the log");
  record_.applied = at;
}

Status Range::apply_commands(const ApplyContext& context, const std::vector<Command>& commands,
                             std::vector<CommandResult>& ret_results) {
  ret_results.reserve(commands.size());
  Recording recording(*this);
  Work whole(*this, context.notices);
  for (const Command& command : commands) {
    Result<CommandResult> result = apply_command(context, command);
    if (!result) return std::move(result).error();
    ret_results.push_back(std::move(result).value());
  }
  whole.keep();
  return {};
}

Result<CommandResult> Range::apply_command(const ApplyContext& context, const Command& command) {
  switch (command.kind) {
    case Command::Kind::service:
    case Command::Kind::service_many:
      return apply_service(context, command);
    case Command::Kind::forget_source:
      if (command.source == SourceId::none || is_frozen()) return CommandResult{Outcome::refused, {}, {}};
      sources_.erase(source_key(record_.id, command.source));
      return CommandResult{};
    case Command::Kind::split:
    case Command::Kind::split_keeping:
      return apply_split(context, command);
    case Command::Kind::freeze:
      return apply_freeze(command);
    case Command::Kind::thaw:
      return apply_thaw(command);
    case Command::Kind::merge:
      return apply_merge(context, command);
    case Command::Kind::call_off:
      return apply_call_off(command);
    case Command::Kind::confirm:
      return apply_confirm(command);
    case Command::Kind::outlive:
      return apply_outlive(command);
  }
  return Error{Errc::unsupported, "a command of kind " + std::to_string(static_cast<unsigned>(command.kind)) +
                                      " is not known; this node is older than its peers"};
}

Result<CommandResult> Range::apply_service(const ApplyContext& context, const Command& command) {
  if (is_frozen()) return CommandResult{Outcome::frozen, {}, {}};
  const bool is_many = command.kind == Command::Kind::service_many;
  const bool is_here = (command.key.empty() || record_.descriptor.holds(command.key)) &&
                       (!is_many || record_.descriptor.holds(command.last_key));
  if (command.source != SourceId::none) return apply_numbered(context, command, is_here);
  if (!is_here) return CommandResult{Outcome::wrong_range, {}, {}};
  const std::string end = record_.descriptor.end;
  Result<CommandResult> result = apply_to_machine(context, command);
  if (result && command.key.empty()) result->end = end;
  return result;
}

Result<CommandResult> Range::apply_numbered(const ApplyContext& context, const Command& command,
                                            bool is_here) {
  const std::string key = source_key(record_.id, command.source);
  Result<SourceRow> row = own_row(key);
  if (!row) return row.error();
  if (command.sequence == 0) return CommandResult{Outcome::refused, {}, {}};
  if (command.sequence > row->last + 1) {
    CommandResult gap{Outcome::gap, {}, {}};
    WireWriter(gap.reply).varint(row->last);
    return gap;
  }
  const bool is_next = command.sequence == row->last + 1;
  const bool is_many = command.kind == Command::Kind::service_many;
  const bool is_cut = is_many && !is_here && record_.descriptor.holds(command.key);
  if (!is_next) {
    const Result<Outcome> outcome = outcome_of(*row, command.sequence, is_here || is_cut);
    if (!outcome) return outcome.error();
    return CommandResult{*outcome, {}, {}};
  }
  if (is_cut) return CommandResult{Outcome::wrong_range, {}, {}};

  Result<CommandResult> result = CommandResult{Outcome::wrong_range, {}, {}};
  if (is_here) result = apply_to_machine(context, command);
  if (!result) return result;
  const Status used = use_number_up(key, std::move(row).value(), result->outcome);
  if (!used) return used.error();
  return result;
}

// What a command is answered whose number was used up before.
Result<Outcome> Range::outcome_of(const SourceRow& row, std::uint64_t number, bool is_here) const {
  const Result<SourceRow::Fate> fate = row.fate_of(number);
  if (!fate) return fate.error();
  if (!is_here || *fate == SourceRow::Fate::passed) return Outcome::wrong_range;
  if (*fate == SourceRow::Fate::refused) return Outcome::refused;
  // Where nothing has ever come back, a number whose key is here was not passed over.
  const bool is_known = *fate == SourceRow::Fate::applied || !record_.merges.has_absorbed_any();
  return is_known ? Outcome::duplicate : Outcome::unknown;
}

Status Range::use_number_up(const std::string& key, SourceRow row, Outcome outcome) {
  const bool is_new = row.last == 0;
  if (outcome == Outcome::wrong_range && record_.keeps_passed) {
    Status passed = row.pass_over(1);
    if (!passed) return passed;
  } else {
    row.use_up(row.last + 1, outcome == Outcome::refused || outcome == Outcome::unsupported);
  }
  if (is_new)
    sources_.insert(key, encode(row));
  else
    sources_.put(key, encode(row));
  return {};
}

Result<CommandResult> Range::apply_to_machine(const ApplyContext& context, const Command& command) {
  CommandResult result;
  Status status;
  {
    Work work(*this, context.notices);
    status = machine_->apply(context, command.text, own_state_, result.reply);
    const bool has_trespassed = own_state_.take_trespass();
    if (status && !has_trespassed) {
      work.keep();
      return result;
    }
  }
  if (status) return reload_after_trespass();
  switch (status.error().code) {
    case Errc::invalid:
      return CommandResult{Outcome::refused, {}, {}};
    case Errc::unsupported:
      return Error{Errc::unsupported, status.error().message + "; this node is older than its peers"};
    default:
      return status.error();
  }
}

// What the machine keeps in memory may stand for what it wrote outside of the range.
Result<CommandResult> Range::reload_after_trespass() {
  const Status loaded = machine_->load(own_state_);
  if (!loaded) return loaded.error();
  return CommandResult{Outcome::refused, {}, {}};
}

Result<CommandResult> Range::apply_split(const ApplyContext& context, const Command& command) {
  const Result<SplitCommand> split = decode_split(command.text);
  if (!split || !may_split(*split)) return CommandResult{Outcome::refused, {}, {}};
  before_.push_back(record_);
  if (command.kind == Command::Kind::split_keeping) {
    const Status kept = keep_passed();
    if (!kept) return kept.error();
  }
  const Status copied = copy_sources(split->child);
  if (!copied) return copied.error();

  Descriptor& own = record_.descriptor;
  ++own.epoch.boundary;
  RangeRecord child{split->child, own, split_start, context.now_ms};
  for (const MergeNote& note : record_.merges.notes)
    if (note.is_absorbed) child.merges.notes.push_back(note);
  child.merges.forgotten_before = record_.merges.forgotten_before;
  child.keeps_passed = record_.keeps_passed;
  child.descriptor.begin = split->key;
  own.end = split->key;
  children_.push_back(std::move(child));
  const Status loaded = machine_->bounds_changed(own_state_);
  if (!loaded) return loaded.error();
  return CommandResult{};
}

bool Range::may_split(const SplitCommand& split) const {
  const Descriptor& own = record_.descriptor;
  return !is_frozen() && !is_provisional() && split.boundary_epoch == own.epoch.boundary &&
         split.child.number != record_.id.number && split.key > own.begin && own.holds(split.key) &&
         own.members.outgoing.empty() && machine_->may_split_at(split.key);
}

Status Range::copy_sources(const RangeId& child) {
  const std::string own_prefix = range_key(record_.id);
  const std::string child_prefix = range_key(child);
  std::vector<std::pair<std::string, std::string>> rows;
  Status read =
      sources_.scan(own_prefix, end_of_prefix(own_prefix), [&](std::string_view key, std::string_view value) {
        rows.emplace_back(child_prefix, value);
        rows.back().first += key.substr(own_prefix.size());
        return true;
      });
  if (!read) return read;
  for (const auto& [key, value] : rows) sources_.insert(key, value);
  return {};
}

// Of who was not known yet when the range outlived another one, something may be under way that was sent
// before.
Result<SourceRow> Range::own_row(const std::string& key) const {
  Result<SourceRow> row = read_source(key);
  if (!row || row->last != 0 || !has_outlived_any()) return row;
  const Status passed = row->pass_over(2 * PassedNumbers::window);
  if (!passed) return passed.error();
  return row;
}

Result<SourceRow> Range::read_source(const std::string& key) const {
  const Result<std::optional<std::string>> row = sources_.get(key);
  if (!row) return row.error();
  return *row ? decode_source_row(**row) : SourceRow();
}

}  // namespace tenon::kv
