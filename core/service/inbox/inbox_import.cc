#include <algorithm>

#include "service/inbox/inbox_endings.h"
#include "service/inbox/inbox_owners.h"
#include "service/inbox/inbox_queries.h"
#include "service/store_key.h"

// Sessions that come from a backup: rows as they were, and the moment from which they are sessions again.

namespace tenon::service::inbox {

namespace {

template <class Record>
bool holds(std::string_view value) {
  return read_record<Record>(value).ok();
}

bool is_sound(const Import::Row& row) {
  switch (row.kind) {
    case KeyKind::session:
      return row.rest.empty() && holds<SessionRecord>(row.value);
    case KeyKind::will:
      return row.rest.size() == 16 && holds<WillRecord>(row.value);
    case KeyKind::received:
      return row.rest.size() == 2 && row.value.empty();
    case KeyKind::subscription:
      return !row.rest.empty() && holds<SubscriptionRecord>(row.value);
    case KeyKind::item:
      return row.rest.size() == 8 && holds<ItemRecord>(row.value);
    case KeyKind::mark:
      return row.rest.size() == 9 && holds<MarkRecord>(row.value);
    case KeyKind::post:
      return row.rest.size() == 16 && holds<PostRecord>(row.value);
  }
  return false;
}

// Ranges are kept each at a moment of its own: inboxes of others may have passed numbers that this session
// gave out later. What it has here is known to them by its own numbers, what is new begins so far behind.
constexpr std::uint64_t numbers_skipped = std::uint64_t{1} << 32;

// What of a record that came stands here until all is there: what counts rows counts those that are here.
Result<SessionRecord> waiting_record(std::string_view value, std::uint64_t import) {
  auto read = read_record<SessionRecord>(value);
  if (!read) return read.error();
  SessionRecord record = std::move(*read);
  record.was_attached = record.attached;
  record.import = import;
  record.attached = false;
  record.holder = {};
  record.former.reset();
  record.leaves_to_groups = false;  // a client that subscribes says so
  record.has_will = false;
  record.message_count = 0;
  record.message_bytes = 0;
  record.subscription_count = 0;
  record.first_expiry_ms = never_ms;
  record.post_count = 0;
  record.mark_count = 0;
  return record;
}

// Rows of the place, counted into its record.
class Recount {
 public:
  Recount(const Place& place, SessionRecord& record) : prefix_(place.prefix), record_(record) {}

  Status run(const kv::State& state) {
    const Status walked =
        state.scan(prefix_, kv::end_of_prefix(prefix_), [this](std::string_view key, std::string_view value) {
          key.remove_prefix(prefix_.size());
          return take(key, value);
        });
    return walked ? status_ : walked;
  }
  Status status() const { return status_; }

  // One row, of which `key` is what stands behind the prefix. False: it can't be read.
  bool take(std::string_view key, std::string_view value) {
    const auto kind = static_cast<KeyKind>(key.front());
    key.remove_prefix(1);
    switch (kind) {
      case KeyKind::session:
      case KeyKind::received:
        break;
      case KeyKind::will:
        return take_will(key, value);
      case KeyKind::subscription:
        ++record_.subscription_count;
        break;
      case KeyKind::item:
        return take_item(take_be64(key), value);
      case KeyKind::mark:
        ++record_.mark_count;
        break;
      case KeyKind::post: {
        const Number number = take_be64(key);
        ++record_.post_count;
        if (number == record_.number) record_.next_post = std::max(record_.next_post, take_be64(key) + 1);
        break;
      }
    }
    return true;
  }

 private:
  bool take_will(std::string_view rest, std::string_view value) {
    const auto will = read_record<WillRecord>(value);
    if (!will) return fail(will.error());
    const WillId id{take_be64(rest), take_be64(rest)};
    if (!will->due && id == WillId{record_.number, record_.epoch}) record_.has_will = true;
    return true;
  }

  bool take_item(std::uint64_t number, std::string_view value) {
    const auto item = read_record<ItemRecord>(value);
    if (!item) return fail(item.error());
    ++record_.message_count;
    record_.message_bytes += item->message.bytes();
    record_.next_number = std::max(record_.next_number, number + 1);
    if (const UnixMs expires_at_ms = item->message.view.expires_at_ms; expires_at_ms != 0)
      record_.first_expiry_ms = std::min(record_.first_expiry_ms, expires_at_ms);
    return true;
  }

  bool fail(const Error& error) {
    status_ = error;
    return false;
  }

  const std::string& prefix_;
  SessionRecord& record_;
  Status status_;
};

// The connection that it had, if any, is lost just now.
Status begin_life(Work& work, const Owner& owner, Place& place) {
  SessionRecord& session = *place.session;
  session.message_count = session.subscription_count = session.post_count = session.mark_count = 0;
  session.message_bytes = 0;
  session.first_expiry_ms = never_ms;
  if (Status counted = Recount(place, session).run(work.state()); !counted) return counted;
  session.import = 0;
  session.next_post += numbers_skipped;
  session.posts_at_ms = session.post_count > 0 ? work.now_ms() : 0;
  if (!std::exchange(session.was_attached, false)) {
    session.expires_at_ms = after(work.now_ms(), session.expiry_s);
  } else {
    session.attached = true;
    const auto end = detach_session(work, place, session.expiry_s, WillFate::keep);
    if (!end) return end.error();
    tell_leader(work, owner, end->ended, end->will);
  }
  // A will that waits is found by its epoch.
  if (place.session && !place.session->has_will) place.session->epoch += numbers_skipped;
  return {};
}

}  // namespace

bool Import::makes_sense() const {
  return import != 0 && !rows.empty() && std::all_of(rows.begin(), rows.end(), is_sound);
}

Result<Import::Reply> apply_op(Work& work, const Import& op) {
  const auto found = work.place(op.owner);
  if (!found) return found.error();
  Place& place = **found;
  Import::Reply reply;
  if (place.session && place.session->import != op.import) return Import::Reply{OpStatus::stale, 0};
  if (!place.session) {
    // Without a record the session has ended: what it has left waits behind an empty one.
    const bool has_record = op.rows.front().kind == KeyKind::session;
    auto record = has_record ? waiting_record(op.rows.front().value, op.import)
                             : Result<SessionRecord>(SessionRecord{});
    if (!record) return record.error();
    place.session = std::move(*record);
    place.session->import = op.import;
    place.deadline_moved = true;
    ++reply.written;
  }
  // Counted as they come, as messages may be dropped for others that come meanwhile.
  Recount counted(place, *place.session);
  for (const Import::Row& row : op.rows) {
    if (row.kind == KeyKind::session) continue;
    const std::string key = place.key(row.kind).append(row.rest);
    const auto there = work.state().get(key);
    if (!there) return there.error();
    if (*there) continue;
    work.state().put(key, row.value);
    if (!counted.take(std::string_view(key).substr(place.prefix.size()), row.value))
      return counted.status().error();
    ++reply.written;
  }
  return reply;
}

Result<StatusReply> apply_op(Work& work, const FinishImport& op) {
  const auto found = work.place(op.owner);
  if (!found) return found.error();
  Place& place = **found;
  if (!place.session || place.session->import != op.import) return StatusReply{OpStatus::gone};
  place.deadline_moved = true;
  if (place.session->number == 0) {
    if (Status erased = erase_lists(work, place); !erased) return erased.error();
    place.session.reset();
    return StatusReply{};
  }
  if (Status begun = begin_life(work, op.owner, place); !begun) return begun.error();
  return StatusReply{};
}

Result<ListImports::Reply> answer(const kv::StateView& state, UnixMs now_ms, const ListImports& question,
                                  std::deque<std::string>& ret_texts) {
  ListImports::Reply reply;
  std::vector<std::string> prefixes;
  std::vector<Number> numbers;
  const Status walked =
      for_each_owner(state, std::string(question.cursor),
                     [&](std::string_view prefix, const std::optional<SessionRecord>& session, UnixMs) {
                       if (!session || session->import != question.import) return true;
                       if (prefixes.size() == question.count_max) {
                         reply.cursor = ret_texts.emplace_back(prefix);
                         return false;
                       }
                       prefixes.emplace_back(prefix);
                       numbers.push_back(session->number);
                       return true;
                     });
  if (!walked) return walked.error();
  std::size_t subscription_count = 0;
  for (std::size_t i = 0; i < prefixes.size(); ++i) {
    const auto owner = split_prefix(prefixes[i]);
    if (!owner) return Error{Errc::corrupt, "a key of an inbox range has no known form"};
    ListImports::Item& item = reply.items.emplace_back();
    item.tenant = ret_texts.emplace_back(owner->tenant);
    item.client_id = ret_texts.emplace_back(owner->client_id);
    item.number = numbers[i];
    ListSubscriptions all{{item.tenant, item.client_id}, {}, UINT32_MAX};
    auto subscriptions = answer(state, now_ms, all, ret_texts);
    if (!subscriptions) return subscriptions.error();
    item.subscriptions = std::move(subscriptions->subscriptions);
    subscription_count += item.subscriptions.size();
    if (subscription_count < ListImports::subscriptions_enough || i + 1 == prefixes.size()) continue;
    reply.cursor = ret_texts.emplace_back(prefixes[i + 1]);
    break;
  }
  return reply;
}

}  // namespace tenon::service::inbox
