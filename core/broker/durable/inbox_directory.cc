#include "broker/durable/inbox_directory.h"

namespace tenon::broker {

using session::ReceiverKey;

const KnownInbox& InboxDirectory::know(Part& part, std::uint64_t number, const service::inbox::Owner& owner) {
  const KnownInbox* inbox = part.known.find(number);
  if (!inbox) inbox = &part.known.put(KnownInbox::make(owner, number));
  inbox->has_ended_ = false;
  return *inbox;
}

void InboxDirectory::forget_unused(Part& part, const KnownInbox& inbox) {
  if (inbox.routes_ == 0 && inbox.connection_ == ReceiverKey::none) part.known.take(inbox.number_);
}

void InboxDirectory::add_route(std::uint64_t number, const service::inbox::Owner& owner) {
  Part& part = part_of(number);
  const std::lock_guard lock(part.mutex);
  ++know(part, number, owner).routes_;
}

void InboxDirectory::remove_route(std::uint64_t number) {
  Part& part = part_of(number);
  const std::lock_guard lock(part.mutex);
  const KnownInbox* inbox = part.known.find(number);
  if (!inbox || inbox->routes_ == 0) return;
  --inbox->routes_;
  forget_unused(part, *inbox);
}

Ref<const KnownInbox> InboxDirectory::attach(std::uint64_t number, const service::inbox::Owner& owner,
                                             ReceiverKey connection) {
  Part& part = part_of(number);
  const std::lock_guard lock(part.mutex);
  const KnownInbox& inbox = know(part, number, owner);
  inbox.connection_ = connection;
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
