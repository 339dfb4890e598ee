#include "broker/bans/ban_list.h"

#include "broker/bans/text_pattern.h"

namespace tenon::broker {

std::string_view to_string(BanKind kind) {
  switch (kind) {
    case BanKind::client:
      return "client";
    case BanKind::user:
      return "user";
    case BanKind::address:
      break;
  }
  return "address";
}

std::optional<BanKind> ban_kind_named(std::string_view name) {
  for (const BanKind kind : {BanKind::client, BanKind::user, BanKind::address})
    if (to_string(kind) == name) return kind;
  return std::nullopt;
}

std::optional<std::string> ban_pattern(BanKind kind, std::string_view text) {
  if (kind == BanKind::address) {
    const auto range = AddressRange::read(text);
    if (!range || range->is_everything()) return std::nullopt;
    return range->text();
  }
  if (text.size() > ban_pattern_bytes_max || text.find_first_not_of('*') == std::string_view::npos)
    return std::nullopt;
  return std::string(text);
}

BanList::BanList(std::vector<Ban> bans) : bans_(std::move(bans)) {
  for (const Ban& ban : bans_) {
    if (ban.kind == BanKind::address) {
      if (const auto range = AddressRange::read(ban.pattern)) addresses_.emplace_back(*range, &ban);
      continue;
    }
    const bool is_client = ban.kind == BanKind::client;
    if (ban.pattern.find('*') != std::string::npos)
      (is_client ? client_patterns_ : user_patterns_).push_back(&ban);
    else
      (is_client ? clients_ : users_).emplace(ban.pattern, &ban);
  }
}

const Ban* BanList::find(const BanSubject& subject, UnixMs now_ms) const {
  const auto holds = [now_ms](const Ban* ban) { return now_ms < ban->until_ms; };
  const auto among = [&](const Exact& exact, const std::vector<const Ban*>& patterns,
                         std::string_view name) -> const Ban* {
    if (name.empty()) return nullptr;
    if (const auto found = exact.find(name); found != exact.end() && holds(found->second))
      return found->second;
    for (const Ban* ban : patterns)
      if (holds(ban) && matches_pattern(ban->pattern, name)) return ban;
    return nullptr;
  };
  if (const Ban* ban = among(clients_, client_patterns_, subject.client_id)) return ban;
  if (const Ban* ban = among(users_, user_patterns_, subject.username)) return ban;
  for (const auto& [range, ban] : addresses_)
    if (holds(ban) && range.contains(subject.family, subject.address)) return ban;
  return nullptr;
}

}  // namespace tenon::broker
