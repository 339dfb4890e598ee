#include "store/replica/replica.h"

#include <algorithm>

#include "base/wire.h"
#include "host/status_name.h"
#include "host/watch/breadcrumb.h"
#include "store/disk/engine_layout.h"
#include "store/members/absorbed_rows.h"
#include "store/peer_messages.h"

namespace tenon::store {

namespace {

// Commands of a turn make one entry, up to this size.
constexpr std::size_t entry_bytes_max = 256 * 1024;
// Beyond this, new commands are refused: whoever sends them is to be held.
constexpr std::size_t waiting_bytes_max = 32 * 1024 * 1024;
// Senders whose rows go with one look at them; the rest a second later.
constexpr std::size_t forgotten_at_once_max = 1000;
// Who waits for a command that an order led to.
constexpr std::uint64_t to_order_slot = UINT64_MAX;
// The replica itself waits for a freeze.
constexpr std::uint64_t to_freeze = UINT64_MAX - 1;
constexpr std::int64_t load_slot_ns = load_window_ns / kv::LoadWindow::slot_count;

AnswerCode code_of(kv::Outcome outcome) {
  switch (outcome) {
    case kv::Outcome::done:
      return AnswerCode::done;
    case kv::Outcome::duplicate:
      return AnswerCode::duplicate;
    case kv::Outcome::gap:
      return AnswerCode::gap;
    case kv::Outcome::refused:
      return AnswerCode::refused;
    case kv::Outcome::wrong_range:
      return AnswerCode::wrong_range;
    case kv::Outcome::frozen:
      return AnswerCode::busy;
    case kv::Outcome::unknown:
      return AnswerCode::timed_out;
    case kv::Outcome::unsupported:
      break;
  }
  return AnswerCode::unsupported;
}

std::vector<NodeId> nodes_of(const std::uint64_t* nodes, std::uint32_t count) {
  std::vector<NodeId> result;
  for (std::uint32_t i = 0; i < count; ++i) result.push_back(NodeId{nodes[i]});
  return result;
}

kv::Members members_of(const tenon_membership& membership) {
  return {nodes_of(membership.voters, membership.voter_count),
          nodes_of(membership.outgoing, membership.outgoing_count),
          nodes_of(membership.learners, membership.learner_count)};
}

const std::uint64_t* numbers_of(const std::vector<NodeId>& nodes) {
  static_assert(sizeof(NodeId) == sizeof(std::uint64_t));
  return reinterpret_cast<const std::uint64_t*>(nodes.data());
}

tenon_membership to_abi(const kv::Members& members) {
  tenon_membership result{};
  result.struct_size = sizeof result;
  result.voters = numbers_of(members.voters);
  result.voter_count = static_cast<std::uint32_t>(members.voters.size());
  result.outgoing = numbers_of(members.outgoing);
  result.outgoing_count = static_cast<std::uint32_t>(members.outgoing.size());
  result.learners = numbers_of(members.learners);
  result.learner_count = static_cast<std::uint32_t>(members.learners.size());
  return result;
}

}  // namespace

Replica::Replica(NodeId self, const Replication& plugin, ReplicaPorts& ports, OutgoingSnapshots& outgoing,
                 const MemberVersions& versions, std::set<RangeId>& awake, Engine& engine,
                 const kv::RangeRecord& record, std::unique_ptr<kv::Machine> machine,
                 kv::MergePort& merge_port, bool ack_all)
    : self_(self),
      plugin_(plugin),
      ports_(ports),
      outgoing_(outgoing),
      versions_(versions),
      awake_(awake),
      engine_(engine),
      state_(engine, state_space(record.descriptor.store)),
      sources_(engine, source_space),
      range_(record, state_, sources_, std::move(machine), &merge_port),
      orders_(*this, ports),
      load_(load_slot_ns, record.id.number),
      ack_all_(ack_all) {}

Status Replica::open(tenon_replicator* replicator, std::string_view hard_state) {
  if (Status loaded = range_.load(); !loaded.ok()) return loaded;
  const tenon_membership membership = to_abi(range_.descriptor().members);
  tenon_group_open open{};
  open.struct_size = sizeof open;
  open.flags = is_blank() ? TENON_GROUP_NEEDS_STATE : 0;
  open.id = {id().number, id().incarnation};
  open.group_user = this;
  open.applied = {range_.applied().index, range_.applied().term};
  open.membership = &membership;
  open.hard_state = store::to_abi(hard_state);
  tenon_error error = host::fresh_error();
  const host::PluginScope scope(*plugin_.tag);
  const tenon_status status = plugin_.table->group_open(replicator, &open, &group_, &error);
  if (status == TENON_OK) return {};
  return Error{host::to_errc(status), "range " + std::to_string(id().number) + " of store " +
                                          std::string(to_string(range_.descriptor().store)) + ": " +
                                          host::describe(status, error)};
}

void Replica::close() {
  if (!group_) return;
  const host::PluginScope scope(*plugin_.tag);
  plugin_.table->group_close(std::exchange(group_, nullptr));
}

void Replica::leave() {
  close();
  stop_serving();
}

void Replica::retire() {
  failed_ = true;
  stop_serving();
}

void Replica::request(Request::Kind kind, const kv::Command& command, const ReplyTo& to, UnixMs now_ms) {
  // One without a state has nothing yet that anybody could miss.
  if (kind == Request::Kind::applied && !failed_ && !is_blank()) return wait_for_entry(command.text, to);
  if (!leads() || failed_) return answer(to, refusal(AnswerCode::not_leader));
  // Whether it is another range's part by now, its own log does not say.
  if (range_.is_frozen())
    return answer(to, kind == Request::Kind::order ? order_refused("the range is to be part of its neighbour")
                                                   : refusal(AnswerCode::busy));
  switch (kind) {
    case Request::Kind::applied:
      return;
    case Request::Kind::order:
      return orders_.give(command.text, to, now_ns_);
    case Request::Kind::append:
    case Request::Kind::command:
      if (held_ || waiting_bytes() > waiting_bytes_max) return answer(to, refusal(AnswerCode::busy));
      if (is_under_way(command, to)) return;
      load_.add(now_ns_, command.key, command.text.size());
      return add_known(command, to, now_ms);
    case Request::Kind::query:
    case Request::Kind::source:
    case Request::Kind::state:
      return begin_read(read_of(kind, command, to));
    case Request::Kind::glance:
      if (range_.applied().index < ready_index_) return begin_read(read_of(kind, command, to));
      return answer_question(read_of(kind, command, to), now_ms);
  }
}

Replica::Read Replica::read_of(Request::Kind kind, const kv::Command& command, const ReplyTo& to) const {
  Read read{std::string(command.text), to, std::string(command.key)};
  read.of_state = kind == Request::Kind::state;
  if (kind == Request::Kind::source) read.source = command.source;
  return read;
}

bool Replica::is_awake() const {
  if (failed_) return group_ != nullptr;
  return dirty() || has_work() || held_ || !catch_up_.done || orders_.is_open() || has_children() ||
         has_absorbed();
}

void Replica::propose_due(UnixMs now_ms) {
  if (!leads() || failed_ || held_ || is_stuck_ || range_.is_frozen()) return;
  std::vector<std::string> texts;
  range_.due(now_ms, texts);
  for (const std::string& text : texts)
    if (const kv::Command command{.text = text}; all_know(command)) add(command, {}, now_ms);
}

void Replica::forget_sources(const NodeStarts& starts, UnixMs now_ms) {
  if (!leads() || failed_ || held_ || is_stuck_ || starts_seen_ == starts.version()) return;
  // What earlier leaders have committed may be more senders.
  if (range_.applied().index < ready_index_) return;
  std::vector<kv::SourceId> over;
  const Status read = range_.each_source([&](kv::SourceId source) {
    if (starts.is_over(source)) over.push_back(source);
    return over.size() < forgotten_at_once_max;
  });
  if (!read.ok()) return fail(read.error().message);
  for (const kv::SourceId source : over) {
    kv::Command command;
    command.kind = kv::Command::Kind::forget_source;
    command.source = source;
    add(command, {}, now_ms);
  }
  if (over.size() < forgotten_at_once_max) starts_seen_ = starts.version();
}

// Told, if it is not to be taken: it is here already, or an earlier one is missing.
bool Replica::is_under_way(const kv::Command& command, const ReplyTo& to) {
  if (command.source == kv::SourceId::none) return false;
  switch (appends_.look(command.source, command.sequence, to)) {
    case AppendPipeline::Verdict::take:
      return false;
    case AppendPipeline::Verdict::known:
      answer(to, refusal(AnswerCode::pending));
      return true;
    case AppendPipeline::Verdict::gap:
      answer(to, refusal(AnswerCode::gap));
      return true;
  }
  return false;
}

bool Replica::all_know(const kv::Command& command) const {
  if (!range_.knows(command)) return false;
  // Senders have to give new numbers behind a merge.
  const bool is_for_senders =
      command.kind == kv::Command::Kind::freeze || command.kind == kv::Command::Kind::merge;
  if (is_for_senders &&
      !versions_.everybody_knows(kv::CommandVersions::entries, kv::version_of(command.kind)))
    return false;
  const kv::Members& members = range_.descriptor().members;
  return versions_.all_know(members, kv::CommandVersions::entries, kv::version_of(command.kind)) &&
         versions_.all_know(members, kv::CommandVersions::set_of(range_.descriptor().store),
                            range_.service_version(command));
}

bool Replica::members_know(kv::Command::Kind kind) const {
  kv::Command command;
  command.kind = kind;
  return all_know(command);
}

// What this version or that of a member does not know is not proposed. A number is used up all the same, by
// an empty command.
void Replica::add_known(const kv::Command& command, const ReplyTo& to, UnixMs now_ms) {
  if (all_know(command)) return add(command, to, now_ms);
  if (command.source == kv::SourceId::none) return answer(to, refusal(AnswerCode::unsupported));
  kv::Command empty = command;
  empty.kind = kv::Command::Kind::service;
  empty.text = {};
  empty.last_key = {};
  add(empty, to, now_ms);
}

void Replica::add(const kv::Command& command, const ReplyTo& to, UnixMs now_ms) {
  if (building_.size_bytes() + command.text.size() > entry_bytes_max && !building_.empty())
    close_entry(now_ms);
  building_.add(command);
  building_waiters_.push_back({to, command.source, command.sequence});
}

void Replica::close_entry(UnixMs now_ms) {
  Entry& entry = entries_.emplace_back();
  entry.payload = building_.take(range_.stamp(now_ms));
  entry.waiters = std::exchange(building_waiters_, {});
  entry_bytes_ += entry.payload.size();
}

tenon_status Replica::propose(std::string_view payload, tenon_log_point& ret_at) {
  if (!leads()) return TENON_E_STATE;
  const host::PluginScope scope(*plugin_.tag);
  return plugin_.table->propose(group_, store::to_abi(payload), &ret_at);
}

void Replica::propose(UnixMs now_ms) {
  propose_all(now_ms);
  is_stuck_ = !building_.empty() || !entries_.empty();
}

void Replica::propose_all(UnixMs now_ms) {
  if (leads() && has_work() && range_.time_lags(now_ms)) return catch_up_with_time(now_ms);
  if (!building_.empty()) close_entry(now_ms);
  while (!entries_.empty() && !failed_) {
    Entry& entry = entries_.front();
    tenon_log_point at{};
    const tenon_status status = propose(entry.payload, at);
    if (status == TENON_E_BUSY) return;
    if (status == TENON_OK)
      proposed_.push_back({{at.index, at.term}, std::move(entry.waiters)});
    else
      answer_all(entry.waiters, AnswerCode::not_leader);
    entry_bytes_ -= entry.payload.size();
    entries_.pop_front();
  }
}

// Entries take the time of a range forward in steps; commands wait until it is today.
void Replica::catch_up_with_time(UnixMs now_ms) {
  if (!proposed_.empty()) return;
  tenon_log_point at{};
  if (propose(kv::EntryBuilder().take(range_.stamp(now_ms)), at) == TENON_OK)
    proposed_.push_back({{at.index, at.term}, {}});
}

void Replica::begin_read(Read&& read) {
  const std::uint64_t context = next_context_++;
  reads_.emplace(context, std::move(read));
  const tenon_status status = read_index(context);
  if (status != TENON_OK) read_ready(context, status, 0);
}

tenon_status Replica::read_index(std::uint64_t context) {
  const host::PluginScope scope(*plugin_.tag);
  return plugin_.table->read_index(group_, context);
}

void Replica::read_ready(std::uint64_t context, tenon_status status, std::uint64_t index) {
  if (context == catch_up_.context) return catch_up_to(status, index);
  const auto read = reads_.find(context);
  if (read == reads_.end()) return;
  if (status == TENON_OK) {
    read->second.index = std::max<std::uint64_t>(index, 1);
    return;
  }
  answer(read->second.to, refusal(AnswerCode::not_leader));
  reads_.erase(read);
}

void Replica::answer_reads(UnixMs now_ms) {
  for (auto read = reads_.begin(); read != reads_.end();) {
    if (read->second.index == 0 || read->second.index > range_.applied().index) {
      ++read;
      continue;
    }
    // What can't be answered ends the replica, and with it all that waits here.
    const Read due = std::move(read->second);
    read = reads_.erase(read);
    answer_question(due, now_ms);
    if (failed_) return;
  }
}

Answer Replica::wrong_range() const {
  return {AnswerCode::wrong_range, leader_, write_range_message({id(), range_.descriptor()}), 0, {}};
}

void Replica::answer_source(const Read& read) {
  WireReader in(read.question);
  const RangeId former = read.question.empty() ? id() : kv::read_range_id(in);
  const auto row = former == id() ? range_.source(read.source) : range_.former_source(read.source, former);
  // `refused`: the keys did not come here with that range, but were split off it. Not off an incarnation of
  // this one: what it has numbered is known to those only that it has become.
  if (!row.ok() && row.error().code == Errc::not_found) {
    const bool was_split_off = range_.record().merges.forgotten_before == 0 && former.number != id().number;
    return answer(read.to, refusal(was_split_off ? AnswerCode::refused : AnswerCode::stale));
  }
  if (!row.ok()) {
    fail(row.error().message);
    return answer(read.to, refusal(AnswerCode::not_leader));
  }
  answer(read.to, {AnswerCode::done,
                   leader_,
                   row->last == 0 ? std::string() : kv::encode(*row),
                   range_.applied().index,
                   {}});
}

void Replica::answer_question(const Read& read, UnixMs now_ms) {
  if (range_.is_frozen()) return answer(read.to, refusal(AnswerCode::busy));
  if (read.source != kv::SourceId::none) return answer_source(read);
  if (!read.key.empty() && !range_.descriptor().holds(read.key)) return answer(read.to, wrong_range());
  if (read.of_state) return ports_.state_wanted(id(), read.to, read.question);
  Answer found;
  found.end = range_.descriptor().end;
  found.index = range_.applied().index;
  const Status status = range_.query(now_ms, read.question, found.text);
  if (status.ok()) return answer(read.to, std::move(found));
  if (status.error().code == Errc::invalid) return answer(read.to, refusal(AnswerCode::refused));
  if (status.error().code == Errc::unsupported) return answer(read.to, refusal(AnswerCode::unsupported));
  fail(status.error().message);
  answer(read.to, refusal(AnswerCode::not_leader));
}

tenon_status Replica::apply(std::span<const tenon_committed> entries) {
  if (failed_) return TENON_E_STATE;
  // What is behind the end is not flushed, and is in memory whatever there is of it.
  if (install_ || (held_ && !end_)) return TENON_AGAIN;
  wake();
  for (const tenon_committed& entry : entries) {
    const kv::LogPoint at{entry.at.index, entry.at.term};
    switch (entry.type) {
      case TENON_ENTRY_DATA: {
        auto applied = range_.apply(at, to_text(entry.data));
        if (!applied.ok()) {
          fail(applied.error().message);
          return TENON_E_INTERNAL;
        }
        resolve(at, &applied->results);
        if (leads())
          for (const kv::Notice& notice : applied->notices) ports_.notify(notice);
        if (applied->is_reshaped) is_frozen_durably_ = false;
        if (!applied->absorbed.empty()) take_merges(at, std::move(applied->absorbed));
        if (!applied->children.empty())
          take_split(at, std::move(applied->children));
        else if (applied->is_reshaped)
          ports_.range_changed(id(), range_.descriptor());
        break;
      }
      case TENON_ENTRY_NOTHING:
        range_.apply_nothing(at);
        resolve(at, nullptr);
        break;
      case TENON_ENTRY_MEMBERSHIP:
        range_.apply_members(at, members_of(*entry.membership));
        resolve(at, nullptr);
        ports_.range_changed(id(), range_.descriptor());
        break;
      default:
        fail("an entry of an unknown type; this version is older than its peers");
        return TENON_E_UNSUPPORTED;
    }
  }
  if (!waiting_for_entry_.empty()) tell_who_waits_for_entries();
  tell_if_caught_up();
  return TENON_OK;
}

void Replica::take_split(const kv::LogPoint& at, std::vector<kv::RangeRecord>&& children) {
  ports_.range_changed(id(), range_.descriptor());
  // Else it would be as hot as before for a while, and be cut again.
  load_.keep_below(range_.descriptor().end);
  for (kv::RangeRecord& child : children) {
    ports_.range_changed(child.id, child.descriptor);
    children_.push_back({at.index, std::move(child)});
  }
}

std::vector<kv::RangeRecord> Replica::take_children() {
  std::vector<kv::RangeRecord> ready;
  for (Child& child : children_)
    if (child.index <= range_.flushed().index) ready.push_back(std::move(child.record));
  children_.erase(children_.begin(), children_.begin() + static_cast<std::ptrdiff_t>(ready.size()));
  return ready;
}

void Replica::take_merges(const kv::LogPoint& at, std::vector<kv::EngineBatch::Absorbed>&& absorbed) {
  for (auto& range : absorbed) absorbed_.push_back({at.index, std::move(range)});
  // Who waits for notices of the other one's leader looks here from now on.
  ports_.leader_changed(id(), leader_);
}

std::vector<kv::EngineBatch::Absorbed> Replica::take_absorbed() {
  std::vector<kv::EngineBatch::Absorbed> ready;
  for (Gone& gone : absorbed_)
    if (gone.index <= range_.flushed().index) ready.push_back(std::move(gone.range));
  absorbed_.erase(absorbed_.begin(), absorbed_.begin() + static_cast<std::ptrdiff_t>(ready.size()));
  return ready;
}

void Replica::merge_ready(NodeId node, bool is_frozen, kv::RangeRecord&& record) {
  if (!wanted_merge_ || record.id != wanted_merge_->right || is_frozen != wanted_merge_->may_freeze) return;
  const kv::Frozen frozen{id(), range_.descriptor().epoch.boundary};
  if (is_frozen && record.frozen != frozen) return;
  wanted_merge_->ready.insert_or_assign(node, std::move(record));
}

void Replica::propose_alone(kv::Command::Kind kind, const std::string& text) {
  if (!leads() || failed_) return;
  kv::Command command;
  command.kind = kind;
  command.text = text;
  add(command, {NodeId::none, kind == kv::Command::Kind::freeze ? to_freeze : 0}, now_ms_);
  wake();
}

// Behind it in the log no change of members may stand.
bool Replica::freeze(const kv::FreezeCommand& freeze) {
  tenon_group_status now{};
  if (!leads() || failed_ || !members_know(kv::Command::Kind::freeze) || freeze_pending_ ||
      range_.is_frozen() || range_.is_provisional() || orders_.is_open() || wanted_members_ ||
      freeze.expected != range_.descriptor().epoch || range_.applied().index < ready_index_ || !status(now) ||
      now.change_pending != 0)
    return false;
  freeze_pending_ = true;
  propose_alone(kv::Command::Kind::freeze, encode(freeze));
  return true;
}

void Replica::thaw(const kv::Frozen& frozen) {
  propose_alone(kv::Command::Kind::thaw, encode(frozen));
}

void Replica::call_off(const kv::CallOffCommand& call_off) {
  propose_alone(kv::Command::Kind::call_off, encode(call_off));
}

void Replica::confirm(const kv::ConfirmCommand& confirm) {
  propose_alone(kv::Command::Kind::confirm, encode(confirm));
}

void Replica::outlive(const kv::OutliveCommand& outlive) {
  // What earlier leaders have committed, this one knows first.
  if (range_.is_frozen() || freeze_pending_ || range_.applied().index < ready_index_) return;
  if (!members_know(kv::Command::Kind::outlive)) return;
  propose_alone(kv::Command::Kind::outlive, encode(outlive));
}

void Replica::campaign() {
  if (!group_ || failed_) return;
  const host::PluginScope scope(*plugin_.tag);
  plugin_.table->campaign(group_);
}

void Replica::wait_for_entry(std::string_view index_text, const ReplyTo& to) {
  WireReader in(index_text);
  const std::uint64_t index = in.varint();
  if (!in.ok()) return answer(to, refusal(AnswerCode::refused));
  waiting_for_entry_.emplace(index, to);
  tell_who_waits_for_entries();
}

void Replica::tell_who_waits_for_entries() {
  const auto end = waiting_for_entry_.upper_bound(range_.applied().index);
  for (auto waiting = waiting_for_entry_.begin(); waiting != end; ++waiting)
    answer(waiting->second, {AnswerCode::done, leader_, {}, waiting->first, {}});
  waiting_for_entry_.erase(waiting_for_entry_.begin(), end);
}

// Tells those whose entry stood, or should have stood, at this place.
void Replica::resolve(const kv::LogPoint& at, std::vector<kv::CommandResult>* results) {
  while (!proposed_.empty() && proposed_.front().at.index <= at.index) {
    Proposed proposed = std::move(proposed_.front());
    proposed_.pop_front();
    if (proposed.at != at || !results || results->size() != proposed.waiters.size()) {
      answer_all(proposed.waiters, AnswerCode::lost);
      continue;
    }
    for (std::size_t i = 0; i < results->size(); ++i) {
      kv::CommandResult& result = (*results)[i];
      if (result.outcome == kv::Outcome::wrong_range)
        answer(proposed.waiters[i], wrong_range());
      else
        acknowledge(
            proposed.waiters[i], at.index,
            {code_of(result.outcome), leader_, std::move(result.reply), at.index, std::move(result.end)});
    }
  }
}

void Replica::answer(const ReplyTo& to, Answer&& answer) {
  if (to.node == NodeId::none && to.id == to_order_slot) return orders_.on_command(std::move(answer));
  if (to.node == NodeId::none && to.id == to_freeze) {
    freeze_pending_ = false;
    return;
  }
  if (to.id != 0) ports_.answer(to, std::move(answer));
}

void Replica::answer(const Waiter& waiter, Answer&& answer) {
  const bool is_numbered = waiter.source != kv::SourceId::none;
  this->answer(is_numbered ? appends_.leave(waiter.source, waiter.sequence, waiter.to) : waiter.to,
               std::move(answer));
}

void Replica::acknowledge(const Waiter& waiter, std::uint64_t index, Answer&& answer) {
  if (!ack_all_) return this->answer(waiter, std::move(answer));
  held_answers_.push_back({index, waiter, std::move(answer)});
}

void Replica::answer_held() {
  if (held_answers_.empty()) return;
  const std::uint64_t held = held_by_all();
  while (!held_answers_.empty() && held_answers_.front().index <= held) {
    HeldAnswer one = std::move(held_answers_.front());
    held_answers_.pop_front();
    answer(one.waiter, std::move(one.answer));
  }
}

// Up to where this node and each voter that is linked have the log on their disks.
std::uint64_t Replica::held_by_all() const {
  tenon_group_status status{};
  if (!leads() || !this->status(status)) return 0;
  std::uint64_t held = UINT64_MAX;
  for (const tenon_group_peer& peer : std::span(status.peers, status.peer_count)) {
    const bool counts = peer.node == static_cast<std::uint64_t>(self_) || outgoing_.is_up(NodeId{peer.node});
    if (peer.is_voter != 0 && counts) held = std::min(held, peer.match_index);
  }
  return held;
}

void Replica::answer_all(std::vector<Waiter>& waiters, AnswerCode code) {
  for (const Waiter& waiter : waiters) answer(waiter, refusal(code));
  waiters.clear();
}

void Replica::role_changed(const tenon_role& role) {
  const bool led = leads();
  role_ = role.role;
  ready_index_ = role.ready_index;
  const NodeId before = std::exchange(leader_, NodeId{role.leader});
  if (led && !leads()) {
    give_up_waiting();
    outgoing_.lost_lead(id());
  }
  if (before != leader_) ports_.leader_changed(id(), leader_);
}

// Whoever waits here is to ask the next leader: what was proposed may or may not come through.
void Replica::give_up_waiting() {
  starts_seen_ = 0;
  wanted_members_.reset();
  wanted_merge_.reset();
  if (!building_.empty()) {
    (void)building_.take(0);
    answer_all(building_waiters_, AnswerCode::not_leader);
  }
  for (Entry& entry : entries_) answer_all(entry.waiters, AnswerCode::not_leader);
  entries_.clear();
  entry_bytes_ = 0;
  is_stuck_ = false;
  for (Proposed& proposed : proposed_) answer_all(proposed.waiters, AnswerCode::lost);
  proposed_.clear();
  // The next leader has them, and answers when all do.
  for (HeldAnswer& held : std::exchange(held_answers_, {})) answer(held.waiter, refusal(AnswerCode::lost));
  for (const auto& [context, read] : reads_) answer(read.to, refusal(AnswerCode::not_leader));
  reads_.clear();
}

void Replica::poisoned(std::string_view why) {
  fail(std::string(why));
}

void Replica::fail(const std::string& why) {
  if (std::exchange(failed_, true)) return;
  wake();
  stop_serving();
  ports_.replica_failed(id(), why);
}

void Replica::stop_serving() {
  role_ = TENON_ROLE_FOLLOWER;
  if (std::exchange(leader_, NodeId::none) != NodeId::none) ports_.leader_changed(id(), NodeId::none);
  give_up_waiting();
  orders_.end();
  outgoing_.lost_lead(id());
  for (const auto& [index, to] : waiting_for_entry_) answer(to, refusal(AnswerCode::not_leader));
  waiting_for_entry_.clear();
}

// One that failed is tried again as it was; what was applied meanwhile follows.
Status Replica::flush() {
  if (install_ || end_) return {};
  const bool is_again = flushing_.has_value();
  Status written = flush_batch();
  return written.ok() && is_again ? flush_batch() : written;
}

Status Replica::flush_batch() {
  if (!flushing_) flushing_ = range_.begin_flush();
  const kv::EngineBatch& batch = *flushing_;
  std::vector<tenon_write> writes = writes_of(batch);
  writes.push_back(
      {TENON_WRITE_PUT, record_space, store::to_abi(batch.record_key), store::to_abi(batch.record)});
  const AbsorbedRows gone(batch.absorbed);
  gone.append_to(writes);
  if (Status written = engine_.write(writes); !written.ok()) return written;
  range_.end_flush();
  flushing_.reset();
  return {};
}

// All but the range's own record and the end of others'. Points into the batch.
std::vector<tenon_write> Replica::writes_of(const kv::EngineBatch& batch) const {
  std::vector<tenon_write> writes;
  writes.reserve(batch.state.size() + batch.sources.size() + batch.children.size() +
                 2 * batch.absorbed.size() + 4);
  const auto add = [&](std::uint32_t space, const kv::EngineBatch::Write& write) {
    writes.push_back({write.value ? TENON_WRITE_PUT : TENON_WRITE_DELETE, space, store::to_abi(write.key),
                      write.value ? store::to_abi(*write.value) : tenon_bytes{}});
  };
  for (const auto& write : batch.state) add(state_space(range_.descriptor().store), write);
  for (const auto& write : batch.sources) add(source_space, write);
  for (const auto& [key, record] : batch.children) add(record_space, {key, &record});
  return writes;
}

bool Replica::status(tenon_group_status& ret_status) const {
  if (!group_) return false;
  ret_status.struct_size = sizeof ret_status;
  const host::PluginScope scope(*plugin_.tag);
  return plugin_.table->status(group_, &ret_status) == TENON_OK;
}

void Replica::command(const kv::Command& command) {
  if (!leads() || failed_) return orders_.on_command(refusal(AnswerCode::not_leader));
  if (!all_know(command)) return orders_.on_command(refusal(AnswerCode::unsupported));
  add(command, {NodeId::none, to_order_slot}, now_ms_);
}

void Replica::step_order(MonoNs now_ns, UnixMs now_ms) {
  now_ns_ = now_ns;
  now_ms_ = now_ms;
  orders_.step(now_ns);
}

tenon_status Replica::transfer(NodeId to) {
  if (!leads() || !group_) return TENON_E_STATE;
  const host::PluginScope scope(*plugin_.tag);
  return plugin_.table->transfer(group_, static_cast<std::uint64_t>(to));
}

// The first place behind which nobody else needs the log.
std::uint64_t Replica::needed_by_others(const LogKeeping& keep) const {
  std::uint64_t needed = outgoing_.oldest_index(id()).value_or(UINT64_MAX);
  if (!leads()) return needed;
  tenon_group_status status{};
  if (!this->status(status)) return needed;
  for (const tenon_group_peer& peer : std::span(status.peers, status.peer_count)) {
    const bool is_close = peer.match_index + keep.entries_for_live_max >= range_.applied().index;
    if (is_close && peer.needs_snapshot == 0 && outgoing_.is_up(NodeId{peer.node}))
      needed = std::min(needed, peer.match_index);
  }
  return needed;
}

void Replica::synced(const LogKeeping& keep) {
  if (install_ || end_) return;
  if (durable_.empty() || durable_.back() != range_.flushed()) durable_.push_back(range_.flushed());
  const std::uint64_t needed = needed_by_others(keep);
  const std::uint64_t entries =
      range_.is_provisional() ? std::max(keep.entries, keep.entries_of_provisional_max) : keep.entries;
  const auto may_go = [&](const kv::LogPoint& point) {
    return point.index + entries <= range_.applied().index && point.index <= needed;
  };
  bool found = false;
  kv::LogPoint base;
  while (!durable_.empty() && may_go(durable_.front())) {
    base = durable_.front();
    durable_.pop_front();
    found = true;
  }
  if (found) ports_.compact(id(), base);
}

tenon_status Replica::change(const kv::Members& target) {
  if (!leads() || !group_ || freeze_pending_ || range_.is_frozen()) return TENON_E_STATE;
  const tenon_membership membership = to_abi(target);
  const host::PluginScope scope(*plugin_.tag);
  return plugin_.table->change(group_, &membership);
}

void Replica::snapshot_sent(NodeId to, tenon_status status, std::uint64_t index) {
  if (!group_) return;
  const host::PluginScope scope(*plugin_.tag);
  plugin_.table->snapshot_sent(group_, static_cast<std::uint64_t>(to), status, index);
}

tenon_status Replica::tell_installed(const kv::RangeRecord& record) {
  const tenon_membership membership = to_abi(record.descriptor.members);
  const host::PluginScope scope(*plugin_.tag);
  return plugin_.table->snapshot_installed(group_, {record.applied.index, record.applied.term}, &membership);
}

}  // namespace tenon::store
