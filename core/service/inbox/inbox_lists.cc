#include "service/inbox/inbox_work.h"
#include "service/store_key.h"

// The lists of a session besides its messages: received ids and subscriptions.

namespace tenon::service::inbox {

namespace {

std::string received_key(const Place& place, std::uint16_t id) {
  std::string key = place.key(KeyKind::received);
  append_be16(key, id);
  return key;
}

// Reads whether the session has the filter.
Result<SubscriptionReply> find_subscription(Work& work, const Access& held, std::string_view filter,
                                            std::string& ret_key) {
  if (!held.place) return SubscriptionReply{held.status};
  ret_key = held.place->key(KeyKind::subscription).append(filter);
  const auto value = work.state().get(ret_key);
  if (!value) return value.error();
  return SubscriptionReply{OpStatus::ok, value->has_value(), held.place->session->epoch};
}

Result<SubscriptionReply> put_subscription(Work& work, const Access& access, std::string_view filter,
                                           const StoredOptions& options, std::uint32_t count_max) {
  std::string key;
  auto reply = find_subscription(work, access, filter, key);
  if (!reply || reply->status != OpStatus::ok) return reply;
  SessionRecord& session = *access.place->session;
  if (!reply->existed) {
    if (session.subscription_count >= count_max)
      return SubscriptionReply{OpStatus::full, false, session.epoch};
    ++session.subscription_count;
  }
  work.state().put(key, write_record(options));
  return reply;
}

Result<SubscriptionReply> remove_subscription(Work& work, const Access& access, std::string_view filter) {
  std::string key;
  auto reply = find_subscription(work, access, filter, key);
  if (!reply || !reply->existed) return reply;
  work.state().erase(key);
  --access.place->session->subscription_count;
  return reply;
}

}  // namespace

Result<StatusReply> apply_op(Work& work, const Received& op) {
  const auto held = access(work, op.held);
  if (!held) return held.error();
  if (!held->place) return StatusReply{held->status};
  for (const std::uint16_t id : op.remember) work.state().put(received_key(*held->place, id), {});
  for (const std::uint16_t id : op.forget) work.state().erase(received_key(*held->place, id));
  return StatusReply{};
}

Result<SubscriptionReply> apply_op(Work& work, const PutSubscription& op) {
  const auto held = access(work, op.held);
  if (!held) return held.error();
  return put_subscription(work, *held, op.filter, op.options, op.count_max);
}

Result<SubscriptionReply> apply_op(Work& work, const RemoveSubscription& op) {
  const auto held = access(work, op.held);
  if (!held) return held.error();
  return remove_subscription(work, *held, op.filter);
}

Result<SubscriptionReply> apply_op(Work& work, const Subscribe& op) {
  const auto found = access(work, op.owner, op.number);
  if (!found) return found.error();
  return put_subscription(work, *found, op.filter, op.options, op.count_max);
}

Result<SubscriptionReply> apply_op(Work& work, const Unsubscribe& op) {
  const auto found = access(work, op.owner, op.number);
  if (!found) return found.error();
  return remove_subscription(work, *found, op.filter);
}

}  // namespace tenon::service::inbox
