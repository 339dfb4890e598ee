#include "node/operate/bans/ban_record.h"

#include "config/json/json_reader.h"
#include "config/json/json_writer.h"

namespace tenon::node {

using config::Kind;

Result<admin::BanName> sound_ban(const admin::BanName& name) {
  const auto kind = broker::ban_kind_named(name.kind);
  if (!kind)
    return Error{Errc::invalid,
                 "there are no bans of \"" + name.kind + "\", only of a client, a user and an address"};
  auto pattern = broker::ban_pattern(*kind, name.pattern);
  if (!pattern)
    return Error{Errc::invalid,
                 *kind == broker::BanKind::address
                     ? "\"" + name.pattern +
                           "\" is no address such as 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32, "
                           "or it is everybody's"
                     : "the pattern is empty, stands for everybody, or is longer than " +
                           std::to_string(broker::ban_pattern_bytes_max) + " bytes"};
  return admin::BanName{name.kind, std::move(*pattern)};
}

std::string path_of_ban(const admin::BanName& name) {
  return std::string(bans_prefix) + name.kind + "/" + name.pattern;
}

std::optional<ReadBan> read_ban(std::string_view path, const service::meta::ValueRecord& record) {
  if (!path.starts_with(bans_prefix)) return std::nullopt;
  path.remove_prefix(bans_prefix.size());
  const std::size_t slash = path.find('/');
  if (slash == std::string_view::npos || !broker::ban_kind_named(path.substr(0, slash))) return std::nullopt;
  ReadBan read;
  admin::BanStatus& ban = read.ban;
  ban.name = {std::string(path.substr(0, slash)), std::string(path.substr(slash + 1))};
  ban.by = record.who;
  ban.set_ms = record.stamp_ms;
  ban.version = record.version;
  std::vector<config::ConfigError> errors;
  const auto value = config::read_json(record.value, nullptr, {}, errors);
  if (!value || !errors.empty() || !value->is_map()) return read;
  for (const config::Member& member : value->members) {
    if (member.key == "until_ms" && member.value.kind == Kind::integer)
      ban.until_ms = member.value.integer;
    else if (member.key == "reason" && member.value.kind == Kind::string)
      ban.reason = member.value.text;
    else if (member.key == "change" && member.value.kind == Kind::string)
      read.change = member.value.text;
  }
  return read;
}

std::string text_of_ban(const admin::BanChange& change, UnixMs until_ms, std::string_view tag) {
  std::string text = "{";
  if (until_ms != INT64_MAX) text += "\"until_ms\":" + std::to_string(until_ms) + ",";
  return text + "\"reason\":" + config::json_quoted(change.reason) +
         ",\"change\":" + config::json_quoted(tag) + "}";
}

broker::Ban broker_ban(const admin::BanStatus& ban) {
  return {broker::ban_kind_named(ban.name.kind).value_or(broker::BanKind::client), ban.name.pattern,
          ban.until_ms};
}

}  // namespace tenon::node
