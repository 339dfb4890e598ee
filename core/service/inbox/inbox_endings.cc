#include "service/inbox/inbox_endings.h"

#include <algorithm>

#include "base/assert.h"
#include "service/store_key.h"

namespace tenon::service::inbox {

namespace {

std::string will_key(const Place& place) {
  std::string key = place.key(KeyKind::will);
  append_be64(key, place.session->number);
  append_be64(key, place.session->epoch);
  return key;
}

struct OpenWill {
  WillId id;
  WillRecord record;
};

// The oldest will of the inbox of this number, below this epoch, that is due or waits to be settled: of the
// session's own nothing is decided yet.
Result<std::optional<OpenWill>> oldest_open_will(Work& work, const Place& place, Number number,
                                                 std::uint64_t epoch) {
  std::string begin = place.key(KeyKind::will);
  append_be64(begin, number);
  std::string end = begin;
  append_be64(end, epoch);
  const auto& session = place.session;
  std::optional<OpenWill> oldest;
  Status read;
  const Status walked = work.state().scan(begin, end, [&](std::string_view key, std::string_view value) {
    key.remove_prefix(begin.size());
    const WillId id{number, take_be64(key)};
    if (session && session->has_will && id == WillId{session->number, session->epoch}) return true;
    auto will = read_record<WillRecord>(work.keep(std::string(value)));
    if (will)
      oldest = OpenWill{id, std::move(*will)};
    else
      read = will.error();
    return false;
  });
  if (!walked) return walked.error();
  if (!read) return read.error();
  return oldest;
}

Status collect_filters(Work& work, const Place& place, std::vector<std::string_view>& filters) {
  const std::string begin = place.key(KeyKind::subscription);
  return work.state().scan(begin, kv::end_of_prefix(begin), [&](std::string_view key, std::string_view) {
    filters.push_back(work.keep(std::string(key.substr(begin.size()))));
    return true;
  });
}

}  // namespace

Result<WillRecord> read_will(Work& work, const Place& place) {
  auto value = work.state().get(will_key(place));
  if (!value) return value.error();
  if (!*value) return Error{Errc::corrupt, "a session has a will that is not there"};
  return read_record<WillRecord>(work.keep(std::move(**value)));
}

Result<std::optional<DueWill>> oldest_due_will(Work& work, const Place& place, Number number) {
  const auto oldest = oldest_open_will(work, place, number, UINT64_MAX);
  if (!oldest) return oldest.error();
  if (!*oldest || !(*oldest)->record.due) return std::optional<DueWill>();
  return std::optional(DueWill{(*oldest)->id, (*oldest)->record.message});
}

Status hold_will(Work& work, Place& place, std::uint32_t hold_s) {
  auto will = read_will(work, place);
  if (!will) return will.error();
  will->at_ms = after(work.now_ms(), hold_s);
  work.state().put(will_key(place), write_record(*will));
  place.session->has_will = false;
  place.deadline_moved = true;
  return {};
}

Result<std::optional<DueWill>> make_will_due(Work& work, Place& place) {
  const auto before = oldest_open_will(work, place, place.session->number, place.session->epoch);
  if (!before) return before.error();
  auto will = read_will(work, place);
  if (!will) return will.error();
  will->due = true;
  will->at_ms = after(work.now_ms(), will_retry_s);
  work.state().put(will_key(place), write_record(*will));
  place.session->has_will = false;
  place.deadline_moved = true;
  if (*before) return std::optional<DueWill>();
  return std::optional(DueWill{{place.session->number, place.session->epoch}, will->message});
}

void drop_will(Work& work, Place& place) {
  if (!place.session->has_will) return;
  work.state().erase(will_key(place));
  place.session->has_will = false;
  place.deadline_moved = true;
}

Status erase_lists(Work& work, const Place& place) {
  return work.state().erase_all(place.key(KeyKind::received), kv::end_of_prefix(place.key(KeyKind::mark)));
}

Result<SessionEnd> end_session(Work& work, Place& place) {
  SessionEnd end;
  end.ended.number = place.session->number;
  if (Status walked = collect_filters(work, place, end.ended.filters); !walked) return walked.error();
  if (place.session->has_will) {
    const auto will = make_will_due(work, place);
    if (!will) return will.error();
    end.will = *will;
  }
  if (place.session->leaves_to_groups)
    if (Status left = leave_to_groups(work, place); !left) return left.error();
  if (Status erased = erase_lists(work, place); !erased) return erased.error();
  place.session.reset();
  place.deadline_moved = true;
  return end;
}

Result<EndReply> detach_session(Work& work, Place& place, std::uint32_t expiry_s, WillFate fate) {
  EndReply reply;
  if (fate == WillFate::drop) drop_will(work, place);
  if (expiry_s == 0) {
    auto end = end_session(work, place);
    if (!end) return end.error();
    reply.ended = std::move(end->ended);
    reply.will = end->will;
    return reply;
  }
  SessionRecord& session = *place.session;
  session.attached = false;
  session.expiry_s = expiry_s;
  session.expires_at_ms = after(work.now_ms(), expiry_s);
  place.deadline_moved = true;
  if (!session.has_will) return reply;
  auto will = read_will(work, place);
  if (!will) return will.error();
  if (will->delay_s == 0) {
    const auto due = make_will_due(work, place);
    if (!due) return due.error();
    reply.will = *due;
    return reply;
  }
  will->at_ms = std::min(after(work.now_ms(), will->delay_s), session.expires_at_ms);
  work.state().put(will_key(place), write_record(*will));
  return reply;
}

}  // namespace tenon::service::inbox
