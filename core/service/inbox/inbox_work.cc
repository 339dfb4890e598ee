#include "service/inbox/inbox_work.h"

#include <algorithm>

#include "service/store_key.h"

namespace tenon::service::inbox {

void Counts::add(const SessionRecord& session) {
  ++sessions;
  attached += session.attached ? 1 : 0;
  messages += session.message_count;
  message_bytes += session.message_bytes;
}

void Counts::subtract(const SessionRecord& session) {
  --sessions;
  attached -= session.attached ? 1 : 0;
  messages -= session.message_count;
  message_bytes -= session.message_bytes;
}

std::string Place::item_key(std::uint64_t number) const {
  std::string item = key(KeyKind::item);
  append_be64(item, number);
  return item;
}

Result<Place*> Work::place(std::string prefix) {
  if (const auto at = places_.find(prefix); at != places_.end()) return &at->second;
  const auto value = state_.get(key_of(prefix, KeyKind::session));
  if (!value) return value.error();
  std::optional<SessionRecord> session;
  if (*value) {
    auto record = read_record<SessionRecord>(**value);
    if (!record) return record.error();
    session = *record;
  }
  Place& place = places_[prefix];
  place.prefix = std::move(prefix);
  place.session = session;
  place.former = session;
  return &place;
}

Status Work::finish() {
  for (auto& [prefix, place] : places_) {
    if (place.former) counts_.subtract(*place.former);
    if (place.session) counts_.add(*place.session);
    if (place.session) {
      const std::string record = write_record(*place.session);
      if (!place.former || record != write_record(*place.former))
        state_.put(place.key(KeyKind::session), record);
    } else if (place.former) {
      state_.erase(place.key(KeyKind::session));
    }
    if (place.deadline_moved)
      if (Status moved = move_deadline(place); !moved) return moved;
    if (place.wants_ready && place.session && place.session->attached)
      notify(place.session->holder.node, Ready{place.session->holder, place.session->number,
                                               place.session->epoch, place.session->next_number});
    if (place.wants_posted)
      if (const auto owner = split_prefix(prefix))
        notify(kv::NodeId::none, Posted{{owner->tenant, owner->client_id}});
  }
  return {};
}

Status Work::move_deadline(const Place& place) {
  const auto at_ms = next_deadline(state_, place.prefix, place.session, after(now_ms(), posts_retry_s));
  if (!at_ms) return at_ms.error();
  if (*at_ms == never_ms)
    deadlines_.erase(place.prefix);
  else
    deadlines_.set(place.prefix, *at_ms);
  return {};
}

Result<UnixMs> next_deadline(const kv::StateView& state, std::string_view prefix,
                             const std::optional<SessionRecord>& session, UnixMs posts_ms) {
  if (session && session->import != 0) return never_ms;
  UnixMs next_ms = deadline_of(session);
  const std::string wills = key_of(prefix, KeyKind::will);
  Status read;
  const Status walked =
      state.scan(wills, kv::end_of_prefix(wills), [&](std::string_view, std::string_view value) {
        const auto will = read_record<WillRecord>(value);
        if (!will) {
          read = will.error();
          return false;
        }
        next_ms = std::min(next_ms, will->at_ms);
        return true;
      });
  if (!walked) return walked.error();
  if (!read) return read.error();
  if (session) return next_ms;
  // A session that has ended says nothing of when.
  const auto posts = count_posts(state, prefix, 1);
  if (!posts) return posts.error();
  return *posts > 0 ? std::min(next_ms, posts_ms) : next_ms;
}

Result<Access> access(Work& work, const Owner& owner, Number number) {
  const auto place = work.place(owner);
  if (!place) return place.error();
  const auto& session = (*place)->session;
  if (!session || session->number != number) return Access{OpStatus::gone, nullptr};
  return Access{OpStatus::ok, *place};
}

Result<Access> access(Work& work, const Held& held) {
  const auto found = access(work, held.owner, held.number);
  if (!found || !found->place) return found;
  // Detached by others, as with NodeGone, it is held by nobody.
  const auto& session = found->place->session;
  if (session->epoch != held.epoch || !session->attached) return Access{OpStatus::stale, nullptr};
  return found;
}

}  // namespace tenon::service::inbox
