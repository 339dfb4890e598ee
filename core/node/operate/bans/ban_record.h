#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "admin/sources/ban_source.h"
#include "base/result.h"
#include "broker/bans/ban_list.h"
#include "service/meta/meta_ops.h"

// Bans as the store `meta` has them: the path is "bans/<kind>/<pattern>", the value an object of what is
// said, {"until_ms", "reason", "change"}. Pure.

namespace tenon::node {

inline constexpr std::string_view bans_prefix = "bans/";

// The ban with its pattern as it is kept. invalid: there is no such kind, or no such pattern.
Result<admin::BanName> sound_ban(const admin::BanName& name);
// REQUIRES: the name is of sound_ban().
std::string path_of_ban(const admin::BanName& name);

// A ban that was read, and which change has put it.
struct ReadBan {
  admin::BanStatus ban;
  std::string change;
};
// Empty: the path is none of a ban's. A value that this version does not understand is a ban without end: to
// let in whom a newer node keeps out would be worse.
std::optional<ReadBan> read_ban(std::string_view path, const service::meta::ValueRecord& record);
std::string text_of_ban(const admin::BanChange& change, UnixMs until_ms, std::string_view tag);

broker::Ban broker_ban(const admin::BanStatus& ban);

}  // namespace tenon::node
