#include "broker/inboxes.h"

#include <iterator>

namespace tenon::broker {

Inboxes::Inboxes(const service::InboxLimits& limits) {
  // Part i gives the numbers i, i + part_count, ...; 0 is never given.
  for (std::size_t i = 0; i < part_count; ++i)
    parts_[i].store = std::make_unique<InboxStore>(limits, i == 0 ? part_count : i, part_count);
}

InboxStore::AttachResult Inboxes::attach(const session::AttachRequest& request,
                                         session::ReceiverKey connection) {
  Part& part = parts_[std::hash<std::string_view>{}(request.client_id) % part_count];
  const std::lock_guard lock(part.mutex);
  return part.store->attach(request, connection);
}

InboxStore::Due Inboxes::tick(UnixMs now_ms) {
  InboxStore::Due all;
  for (Part& part : parts_) {
    const std::lock_guard lock(part.mutex);
    InboxStore::Due due = part.store->tick(now_ms);
    std::move(due.wills.begin(), due.wills.end(), std::back_inserter(all.wills));
    std::move(due.ended.begin(), due.ended.end(), std::back_inserter(all.ended));
  }
  return all;
}

Inboxes::Counts Inboxes::counts() const {
  Counts counts;
  for (const Part& part : parts_) {
    const std::lock_guard lock(part.mutex);
    counts.sessions += part.store->size();
    counts.attached += part.store->attached_count();
    counts.messages += part.store->message_count();
    counts.bytes += part.store->message_bytes();
  }
  return counts;
}

}  // namespace tenon::broker
