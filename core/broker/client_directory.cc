#include "broker/client_directory.h"

#include <cstring>
#include <new>

namespace tenon::broker {

ClientDirectory::Entry::Owner ClientDirectory::Entry::make(std::string_view client_id,
                                                           const ConnectionAddress& holder,
                                                           std::string_view user) {
  void* memory = ::operator new(sizeof(Entry) + client_id.size() + user.size());
  Owner entry(new (memory) Entry);
  entry->holder_ = routing::key_of(holder);
  entry->id_bytes_ = static_cast<std::uint32_t>(client_id.size());
  entry->user_bytes_ = static_cast<std::uint32_t>(user.size());
  char* to = static_cast<char*>(memory) + sizeof(Entry);
  if (!client_id.empty()) std::memcpy(to, client_id.data(), client_id.size());
  if (!user.empty()) std::memcpy(to + client_id.size(), user.data(), user.size());
  return entry;
}

void ClientDirectory::Entry::Delete::operator()(Entry* entry) const {
  entry->~Entry();
  ::operator delete(entry);
}

ClientDirectory::Claim ClientDirectory::claim(std::string_view client_id, const ConnectionAddress& who,
                                              std::string_view user) {
  Part& part = part_of(client_id);
  const std::lock_guard lock(part.mutex);
  const Entry* entry = part.entries.find(client_id);
  if (!entry) {
    part.entries.put(Entry::make(client_id, who, user));
    return {true, std::nullopt, std::nullopt, false};
  }
  const auto next = part.waiting.find(client_id);
  const bool somebody_waits = next != part.waiting.end();
  const bool is_another_users = (!entry->user().empty() && entry->user() != user) ||
                                (somebody_waits && !next->second.user.empty() && next->second.user != user);
  if (is_another_users) return {false, std::nullopt, std::nullopt, true};
  Claim claim{false, entry->holder(), std::nullopt, false};
  if (somebody_waits) claim.superseded = next->second.who;
  part.waiting.insert_or_assign(std::string(client_id), Waiting{who, std::string(user)});
  return claim;
}

std::optional<ConnectionAddress> ClientDirectory::release(std::string_view client_id,
                                                          const ConnectionAddress& who) {
  Part& part = part_of(client_id);
  const std::lock_guard lock(part.mutex);
  const Entry* entry = part.entries.find(client_id);
  if (!entry) return std::nullopt;
  const auto next = part.waiting.find(client_id);
  const bool somebody_waits = next != part.waiting.end();
  if (!entry->is_held_by(who)) {
    if (somebody_waits && routing::key_of(next->second.who) == routing::key_of(who)) part.waiting.erase(next);
    return std::nullopt;
  }
  part.entries.take(client_id);
  if (!somebody_waits) return std::nullopt;
  const Waiting heir = std::move(next->second);
  part.waiting.erase(next);
  part.entries.put(Entry::make(client_id, heir.who, heir.user));
  return heir.who;
}

void ClientDirectory::stamp(std::string_view client_id, const ConnectionAddress& who, std::uint64_t stamp) {
  Part& part = part_of(client_id);
  const std::lock_guard lock(part.mutex);
  Entry* entry = part.entries.find(client_id);
  if (entry && entry->is_held_by(who)) entry->stamp = stamp;
}

std::optional<ClientDirectory::Stamped> ClientDirectory::find_stamped(std::string_view client_id) const {
  Part& part = part_of(client_id);
  const std::lock_guard lock(part.mutex);
  const Entry* entry = part.entries.find(client_id);
  if (!entry) return std::nullopt;
  return Stamped{entry->holder(), entry->stamp, std::string(entry->user())};
}

std::optional<ConnectionAddress> ClientDirectory::find(std::string_view client_id) const {
  Part& part = part_of(client_id);
  const std::lock_guard lock(part.mutex);
  const Entry* entry = part.entries.find(client_id);
  if (!entry) return std::nullopt;
  return entry->holder();
}

void ClientDirectory::visit_stamped(std::size_t number, std::uint64_t stamp, const Visit& visit) const {
  const Part& part = parts_[number];
  const std::lock_guard lock(part.mutex);
  part.entries.for_each([&](const Entry& entry) {
    if (entry.stamp > stamp) visit(entry.client_id(), entry.stamp, entry.user());
  });
}

}  // namespace tenon::broker
