#include "broker/durable/inbox_directory.h"

namespace tenon::broker {

using session::ReceiverKey;

const KnownInbox& InboxDirectory::know(Part& part, std::uint64_t number, const service::inbox::Owner& owner) {
  const KnownInbox* inbox = part.known.find(number);
  return inbox ? *inbox : part.known.put(KnownInbox::make(owner, number));
}

void InboxDirectory::forget_unused(Part& part, const KnownInbox& inbox) {
  if (inbox.routes_.empty() && inbox.connection_ == ReceiverKey::none) part.known.take(inbox.number_);
}

void InboxDirectory::expect(std::uint64_t number, const service::inbox::Owner& owner) {
  Part& part = part_of(number);
  const std::lock_guard lock(part.mutex);
  know(part, number, owner);
}

bool InboxDirectory::put_route(std::uint64_t number, const service::inbox::Owner& owner,
                               const RouteSet::Route& route) {
  Part& part = part_of(number);
  const std::lock_guard lock(part.mutex);
  const KnownInbox& inbox = know(part, number, owner);
  if (!inbox.routes_.put(route)) return false;
  inbox.has_ended_ = false;
  return true;
}

bool InboxDirectory::remove_route(std::uint64_t number, topic::FilterId filter) {
  Part& part = part_of(number);
  const std::lock_guard lock(part.mutex);
  const KnownInbox* inbox = part.known.find(number);
  if (!inbox || !inbox->routes_.erase(filter)) return false;
  forget_unused(part, *inbox);
  return true;
}

void InboxDirectory::each_route(std::uint64_t number, const RouteFn& fn) const {
  Part& part = part_of(number);
  const std::lock_guard lock(part.mutex);
  if (const KnownInbox* inbox = part.known.find(number)) inbox->routes_.for_each(fn);
}

void InboxDirectory::doubt(const IsDoubtful& is_doubtful) {
  for (Part& part : parts_) {
    const std::lock_guard lock(part.mutex);
    part.known.for_each([&](const KnownInbox& inbox) {
      inbox.routes_.doubt([&](topic::FilterId filter) { return is_doubtful(inbox.owner(), filter); });
    });
  }
}

std::vector<InboxDirectory::Doubtful> InboxDirectory::doubtful() const {
  std::vector<Doubtful> found;
  for (Part& part : parts_) {
    const std::lock_guard lock(part.mutex);
    part.known.for_each([&](const KnownInbox& inbox) {
      inbox.routes_.for_each([&](const RouteSet::Route& route) {
        if (route.is_in_doubt)
          found.push_back({inbox.number_, route.filter, std::string(inbox.owner().tenant)});
      });
    });
  }
  return found;
}

Ref<const KnownInbox> InboxDirectory::attach(std::uint64_t number, const service::inbox::Owner& owner,
                                             ReceiverKey connection) {
  Part& part = part_of(number);
  const std::lock_guard lock(part.mutex);
  const KnownInbox& inbox = know(part, number, owner);
  inbox.connection_ = connection;
  inbox.has_ended_ = false;
  return Ref<const KnownInbox>::share(&inbox);
}

void InboxDirectory::detach(std::uint64_t number, ReceiverKey connection) {
  Part& part = part_of(number);
  const std::lock_guard lock(part.mutex);
  const KnownInbox* inbox = part.known.find(number);
  if (!inbox || inbox->connection_ != connection) return;
  inbox->connection_ = ReceiverKey::none;
  forget_unused(part, *inbox);
}

void InboxDirectory::end(std::uint64_t number) {
  Part& part = part_of(number);
  const std::lock_guard lock(part.mutex);
  if (const KnownInbox* inbox = part.known.find(number)) inbox->has_ended_ = true;
}

InboxDirectory::Entry InboxDirectory::find(std::uint64_t number) const {
  Part& part = part_of(number);
  const std::lock_guard lock(part.mutex);
  const KnownInbox* inbox = part.known.find(number);
  if (!inbox) return {};
  return {inbox->has_ended_ ? nullptr : Ref<const KnownInbox>::share(inbox), inbox->connection_};
}

}  // namespace tenon::broker
