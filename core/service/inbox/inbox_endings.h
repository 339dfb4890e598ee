#pragma once

#include "service/inbox/inbox_work.h"

// How sessions and wills come to their ends; shared by the ops that cause it. The results are those of
// reading the state.

namespace tenon::service::inbox {

// The will of the place's session becomes due: it is kept until WillDone and handed out again after
// will_retry_s. None: an older one of the same session is not done yet; it is handed out behind that.
// REQUIRES: a session with has_will.
constexpr std::uint32_t will_retry_s = 30;
Result<std::optional<DueWill>> make_will_due(Work& work, Place& place);

// The will of the place's session; its message is of a text that the work keeps. corrupt: it is not there.
// REQUIRES: a session with has_will.
Result<WillRecord> read_will(Work& work, const Place& place);

// The oldest will of the inbox of this number that is due and not done, unless an older one waits to be
// settled; the message is of a text that the work keeps. Wills of one session go out one after the other:
// whoever has taken a later one takes an earlier one for a repetition (see Origin).
Result<std::optional<DueWill>> oldest_due_will(Work& work, const Place& place, Number number);

// The will of the place's session waits for SettleWill, and is due by itself after so long. REQUIRES: a
// session with has_will.
Status hold_will(Work& work, Place& place, std::uint32_t hold_s);

// The will goes without being published. REQUIRES: a session.
void drop_will(Work& work, Place& place);

struct SessionEnd {
  Ended ended;
  std::optional<DueWill> will;
};
// Erases all that is kept of the session, but for what others are to have; its will becomes due. REQUIRES: a
// session.
Result<SessionEnd> end_session(Work& work, Place& place);

// What ends with a session: all but wills and posts.
Status erase_lists(Work& work, const Place& place);

// The connection is gone, as Detach says. REQUIRES: a session, attached.
Result<EndReply> detach_session(Work& work, Place& place, std::uint32_t expiry_s, WillFate fate);

// Tells the leader's node what came of an end that nobody asked for.
void tell_leader(Work& work, const Owner& owner, const std::optional<Ended>& ended,
                 const std::optional<DueWill>& will);

}  // namespace tenon::service::inbox
