#include <algorithm>

#include "service/inbox/inbox_work.h"
#include "service/store_key.h"

// How far the messages of each origin have come into an inbox.

namespace tenon::service::inbox {

namespace {

// Nobody brings a message again for longer than that.
constexpr UnixMs mark_life_ms = UnixMs{24} * 60 * 60 * 1000;
constexpr std::uint32_t mark_limit_min = 256;

std::string mark_key(const Place& place, const Origin& origin) {
  std::string key = place.key(KeyKind::mark);
  append_be64(key, origin.session);
  key.push_back(static_cast<char>(origin.lane));
  return key;
}

Status forget_old_marks(Work& work, Place& place) {
  std::vector<std::string> doomed;
  Status read;
  const std::string begin = place.key(KeyKind::mark);
  const Status walked =
      work.state().scan(begin, kv::end_of_prefix(begin), [&](std::string_view key, std::string_view value) {
        const auto mark = read_record<MarkRecord>(value);
        if (!mark) {
          read = mark.error();
          return false;
        }
        if (mark->at_ms + mark_life_ms <= work.now_ms()) doomed.emplace_back(key);
        return true;
      });
  if (!walked) return walked;
  if (!read) return read;
  for (const std::string& key : doomed) work.state().erase(key);
  SessionRecord& session = *place.session;
  session.mark_count -= std::min(session.mark_count, static_cast<std::uint32_t>(doomed.size()));
  // Looking through all of them is worth it again when there are twice as many.
  session.mark_limit = 2 * session.mark_count;
  return {};
}

}  // namespace

Result<bool> has_passed(Work& work, const Place& place, const Origin& origin) {
  const auto value = work.state().get(mark_key(place, origin));
  if (!value) return value.error();
  if (!*value) return false;
  const auto mark = read_record<MarkRecord>(**value);
  if (!mark) return mark.error();
  return mark->number >= origin.number;
}

Status set_mark(Work& work, Place& place, const Origin& origin) {
  const std::string key = mark_key(place, origin);
  const auto value = work.state().get(key);
  if (!value) return value.error();
  work.state().put(key, write_record(MarkRecord{origin.number, work.now_ms()}));
  if (*value) return {};
  if (++place.session->mark_count <= std::max(mark_limit_min, place.session->mark_limit)) return {};
  return forget_old_marks(work, place);
}

}  // namespace tenon::service::inbox
