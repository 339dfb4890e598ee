#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "kv/state_view.h"
#include "service/inbox/inbox_records.h"

namespace tenon::service::inbox {

// What is there of one owner besides its lists: the session record, none when no more than wills are left;
// and when the first of its wills is due, never_ms without one. False: enough.
using VisitOwner = std::function<bool(std::string_view prefix, const std::optional<SessionRecord>& session,
                                      UnixMs will_at_ms)>;

// Visits all owners from the prefix `from` on. Of long lists it reads the beginning only.
Status for_each_owner(const kv::StateView& state, std::string from, const VisitOwner& visit);

}  // namespace tenon::service::inbox
