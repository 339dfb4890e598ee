#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "kv/state_view.h"
#include "service/inbox/inbox_records.h"

namespace tenon::service::inbox {

// What is there of one owner besides its lists: the session record, none when no more than wills and posts
// are left; and when there is something to do beside it: when the first of its wills is due, at 0 when its
// session has left posts, else never_ms. False: enough.
using VisitOwner = std::function<bool(std::string_view prefix, const std::optional<SessionRecord>& session,
                                      UnixMs work_at_ms)>;

// Visits all owners from the prefix `from` on. Of long lists it reads the beginning only.
Status for_each_owner(const kv::StateView& state, std::string from, const VisitOwner& visit);

}  // namespace tenon::service::inbox
