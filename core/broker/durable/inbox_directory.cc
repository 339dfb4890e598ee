#include "broker/durable/inbox_directory.h"

namespace tenon::broker {

InboxDirectory::Known& InboxDirectory::know(Part& part, std::uint64_t number, std::string_view tenant,
                                            std::string_view client_id) {
  Known& known = part.known[number];
  if (!known.entry.owner)
    known.entry.owner =
        std::make_shared<const InboxOwner>(InboxOwner{std::string(tenant), std::string(client_id)});
  return known;
}

void InboxDirectory::forget_unused(Part& part, std::uint64_t number) {
  const auto found = part.known.find(number);
  if (found != part.known.end() && found->second.routes == 0 &&
      found->second.entry.connection == session::ReceiverKey::none)
    part.known.erase(found);
}

void InboxDirectory::add_route(std::uint64_t number, std::string_view tenant, std::string_view client_id) {
  Part& part = part_of(number);
  const std::lock_guard lock(part.mutex);
  ++know(part, number, tenant, client_id).routes;
}

void InboxDirectory::remove_route(std::uint64_t number) {
  Part& part = part_of(number);
  const std::lock_guard lock(part.mutex);
  const auto found = part.known.find(number);
  if (found == part.known.end() || found->second.routes == 0) return;
  --found->second.routes;
  forget_unused(part, number);
}

void InboxDirectory::attach(std::uint64_t number, std::string_view tenant, std::string_view client_id,
                            session::ReceiverKey connection) {
  Part& part = part_of(number);
  const std::lock_guard lock(part.mutex);
  know(part, number, tenant, client_id).entry.connection = connection;
}

void InboxDirectory::detach(std::uint64_t number, session::ReceiverKey connection) {
  Part& part = part_of(number);
  const std::lock_guard lock(part.mutex);
  const auto found = part.known.find(number);
  if (found == part.known.end() || found->second.entry.connection != connection) return;
  found->second.entry.connection = session::ReceiverKey::none;
  forget_unused(part, number);
}

void InboxDirectory::end(std::uint64_t number) {
  Part& part = part_of(number);
  const std::lock_guard lock(part.mutex);
  const auto found = part.known.find(number);
  if (found != part.known.end()) found->second.entry.owner.reset();
}

InboxDirectory::Entry InboxDirectory::find(std::uint64_t number) const {
  Part& part = part_of(number);
  const std::lock_guard lock(part.mutex);
  const auto found = part.known.find(number);
  return found == part.known.end() ? Entry{} : found->second.entry;
}

}  // namespace tenon::broker
