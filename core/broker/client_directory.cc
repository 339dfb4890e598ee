#include "broker/client_directory.h"

namespace tenon::broker {

namespace {

bool same(const ConnectionAddress& a, const ConnectionAddress& b) {
  return routing::key_of(a) == routing::key_of(b);
}

}  // namespace

ClientDirectory::Claim ClientDirectory::claim(std::string_view client_id, const ConnectionAddress& who) {
  Part& part = part_of(client_id);
  const std::lock_guard lock(part.mutex);
  const auto [at, is_new] = part.entries.try_emplace(std::string(client_id), Entry{who, std::nullopt, 0});
  if (is_new) return {true, std::nullopt, std::nullopt};
  Claim claim{false, at->second.holder, at->second.next};
  at->second.next = who;
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
    if (entry.next && same(*entry.next, who)) entry.next.reset();
    return std::nullopt;
  }
  if (!entry.next) {
    part.entries.erase(at);
    return std::nullopt;
  }
  entry.holder = *entry.next;
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
  return Stamped{at->second.holder, at->second.stamp};
}

std::optional<ConnectionAddress> ClientDirectory::find(std::string_view client_id) const {
  Part& part = part_of(client_id);
  const std::lock_guard lock(part.mutex);
  const auto at = part.entries.find(std::string(client_id));
  if (at == part.entries.end()) return std::nullopt;
  return at->second.holder;
}

}  // namespace tenon::broker
