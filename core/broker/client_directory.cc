#include "broker/client_directory.h"

namespace tenon::broker {

namespace {

bool same(const ConnectionAddress& a, const ConnectionAddress& b) {
  return routing::key_of(a) == routing::key_of(b);
}

std::unique_ptr<const std::string> user_text(std::string_view user) {
  return user.empty() ? nullptr : std::make_unique<const std::string>(user);
}

}  // namespace

ClientDirectory::Claim ClientDirectory::claim(std::string_view client_id, const ConnectionAddress& who,
                                              std::string_view user) {
  Part& part = part_of(client_id);
  const std::lock_guard lock(part.mutex);
  const auto [at, is_new] = part.entries.try_emplace(std::string(client_id));
  Entry& entry = at->second;
  if (is_new) {
    entry.holder = who;
    entry.user = user_text(user);
    return {true, std::nullopt, std::nullopt, false};
  }
  const bool is_another_users = (entry.user && *entry.user != user) ||
                                (entry.next && !entry.next->user.empty() && entry.next->user != user);
  if (is_another_users) return {false, std::nullopt, std::nullopt, true};
  Claim claim{false, entry.holder, std::nullopt, false};
  if (entry.next) claim.superseded = entry.next->who;
  entry.next = std::make_unique<Waiting>(Waiting{who, std::string(user)});
  return claim;
}

std::optional<ConnectionAddress> ClientDirectory::release(std::string_view client_id,
                                                          const ConnectionAddress& who) {
  Part& part = part_of(client_id);
  const std::lock_guard lock(part.mutex);
  const auto at = part.entries.find(std::string(client_id));
  if (at == part.entries.end()) return std::nullopt;
  Entry& entry = at->second;
  if (!same(entry.holder, who)) {
    if (entry.next && same(entry.next->who, who)) entry.next.reset();
    return std::nullopt;
  }
  if (!entry.next) {
    part.entries.erase(at);
    return std::nullopt;
  }
  entry.holder = entry.next->who;
  entry.user = user_text(entry.next->user);
  entry.next.reset();
  entry.stamp = 0;
  return entry.holder;
}

void ClientDirectory::stamp(std::string_view client_id, const ConnectionAddress& who, std::uint64_t stamp) {
  Part& part = part_of(client_id);
  const std::lock_guard lock(part.mutex);
  const auto at = part.entries.find(std::string(client_id));
  if (at != part.entries.end() && same(at->second.holder, who)) at->second.stamp = stamp;
}

std::optional<ClientDirectory::Stamped> ClientDirectory::find_stamped(std::string_view client_id) const {
  Part& part = part_of(client_id);
  const std::lock_guard lock(part.mutex);
  const auto at = part.entries.find(std::string(client_id));
  if (at == part.entries.end()) return std::nullopt;
  const Entry& entry = at->second;
  return Stamped{entry.holder, entry.stamp, entry.user ? *entry.user : std::string()};
}

std::optional<ConnectionAddress> ClientDirectory::find(std::string_view client_id) const {
  Part& part = part_of(client_id);
  const std::lock_guard lock(part.mutex);
  const auto at = part.entries.find(std::string(client_id));
  if (at == part.entries.end()) return std::nullopt;
  return at->second.holder;
}

void ClientDirectory::visit_stamped(std::size_t number, std::uint64_t stamp, const Visit& visit) const {
  const Part& part = parts_[number];
  const std::lock_guard lock(part.mutex);
  for (const auto& [client_id, entry] : part.entries)
    if (entry.stamp > stamp) visit(client_id, entry.stamp, entry.user ? *entry.user : std::string_view());
}

}  // namespace tenon::broker
