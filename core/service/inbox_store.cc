#include "service/inbox_store.h"

#include <algorithm>

namespace tenon::service {

namespace {

constexpr UnixMs never_ms = INT64_MAX;

UnixMs after(UnixMs now_ms, std::uint32_t seconds) {
  return seconds == UINT32_MAX ? never_ms : now_ms + static_cast<UnixMs>(seconds) * 1000;
}

}  // namespace

struct InboxStore::Inbox {
  InboxNumber number = 0;
  std::string client_id;
  InboxQueue queue;
  session::ReceivedIds received;
  std::map<std::string, routing::SubscriptionOptions, std::less<>> subscriptions;
  Attachment attachment;
  bool waits = false;  // the connection has fetched everything and wants to be woken
  UnixMs expires_at_ms = never_ms;
  Ref<Message> will;
  UnixMs will_at_ms = never_ms;

  bool attached() const { return attachment.connection != ReceiverKey::none; }
};

InboxStore::InboxStore(const InboxLimits& limits, InboxNumber first, InboxNumber step)
    : limits_(limits), next_number_(first), step_(step) {}
InboxStore::~InboxStore() = default;

InboxStore::Inbox* InboxStore::find(InboxNumber number) const {
  const auto at = inboxes_.find(number);
  return at == inboxes_.end() ? nullptr : at->second.get();
}

InboxStore::Inbox* InboxStore::find(InboxNumber number, std::uint64_t epoch) const {
  Inbox* inbox = find(number);
  return inbox && inbox->attachment.epoch == epoch ? inbox : nullptr;
}

InboxStore::AttachResult InboxStore::attach(const session::AttachRequest& request, ReceiverKey connection) {
  AttachResult result;
  const std::string client_id(request.client_id);
  Inbox* inbox = nullptr;
  if (const auto at = by_client_.find(client_id); at != by_client_.end()) inbox = find(at->second);
  if (inbox && request.clean_start) {
    result.ended = erase(*inbox);
    inbox = nullptr;
  }
  result.present = inbox != nullptr;
  if (!inbox) {
    if (request.session_expiry_s == 0) return result;
    auto made = std::make_unique<Inbox>();
    inbox = made.get();
    inbox->number = next_number_;
    inbox->client_id = client_id;
    next_number_ += step_;
    by_client_.emplace(client_id, inbox->number);
    inboxes_.emplace(inbox->number, std::move(made));
  }
  if (!inbox->attached()) ++attached_count_;
  inbox->attachment = {connection, ++epoch_};
  inbox->waits = false;
  inbox->expires_at_ms = never_ms;
  inbox->will = nullptr;
  inbox->will_at_ms = never_ms;
  result.number = inbox->number;
  result.epoch = inbox->attachment.epoch;
  result.first_number = inbox->queue.first_number();
  result.received_ids.assign(inbox->received.all().begin(), inbox->received.all().end());
  return result;
}

std::optional<InboxStore::Ended> InboxStore::detach(InboxNumber number, std::uint64_t epoch,
                                                    std::uint32_t expiry_s, Ref<Message> will,
                                                    std::uint32_t will_delay_s, UnixMs now_ms) {
  Inbox* inbox = find(number, epoch);
  if (!inbox || !inbox->attached()) return std::nullopt;
  inbox->attachment.connection = ReceiverKey::none;
  --attached_count_;
  inbox->waits = false;
  inbox->expires_at_ms = after(now_ms, expiry_s);
  inbox->will = std::move(will);
  if (expiry_s == 0) return erase(*inbox);
  if (inbox->will) inbox->will_at_ms = std::min(after(now_ms, will_delay_s), inbox->expires_at_ms);
  return std::nullopt;
}

InboxStore::Ended InboxStore::erase(Inbox& inbox) {
  Ended ended;
  ended.number = inbox.number;
  ended.client_id = inbox.client_id;
  ended.will = inbox.will;
  for (const auto& [filter, options] : inbox.subscriptions) ended.filters.push_back(filter);
  if (inbox.attached()) --attached_count_;
  by_client_.erase(inbox.client_id);
  inboxes_.erase(inbox.number);
  return ended;
}

InboxStore::AppendResult InboxStore::append(InboxNumber number, const Ref<Message>& message,
                                            const session::ShowAs& show) {
  Inbox* inbox = find(number);
  if (!inbox) return {Append::gone, ReceiverKey::none};
  if (show.qos == mqtt::QoS::at_most_once && !inbox->attached()) return {Append::offline, ReceiverKey::none};
  if (inbox->queue.append(message, show, limits_) == InboxQueue::Append::full)
    return {Append::full, ReceiverKey::none};
  AppendResult result{Append::stored, ReceiverKey::none};
  if (inbox->waits) {
    inbox->waits = false;
    result.wake = inbox->attachment.connection;
  }
  return result;
}

void InboxStore::fetch(InboxNumber number, std::uint64_t epoch, std::uint64_t position, std::size_t count_max,
                       std::vector<InboxItem>& items) {
  Inbox* inbox = find(number, epoch);
  if (!inbox) return;
  const std::size_t before = items.size();
  inbox->queue.fetch(position, count_max, items);
  if (items.size() - before < count_max) inbox->waits = true;
}

void InboxStore::sent(InboxNumber number, std::uint64_t epoch, std::uint64_t position) {
  if (Inbox* inbox = find(number, epoch)) inbox->queue.sent(position);
}

void InboxStore::acknowledge(InboxNumber number, std::uint64_t epoch, std::uint64_t message_number) {
  if (Inbox* inbox = find(number, epoch)) inbox->queue.acknowledge(message_number);
}

void InboxStore::release(InboxNumber number, std::uint64_t epoch, std::uint64_t message_number) {
  if (Inbox* inbox = find(number, epoch)) inbox->queue.release(message_number);
}

void InboxStore::remember_received(InboxNumber number, std::uint64_t epoch, mqtt::PacketId id) {
  if (Inbox* inbox = find(number, epoch)) inbox->received.insert(id);
}

void InboxStore::forget_received(InboxNumber number, std::uint64_t epoch, mqtt::PacketId id) {
  if (Inbox* inbox = find(number, epoch)) inbox->received.erase(id);
}

InboxStore::PutResult InboxStore::put_subscription(InboxNumber number, std::uint64_t epoch,
                                                   std::string_view filter,
                                                   const routing::SubscriptionOptions& options,
                                                   std::size_t count_max) {
  Inbox* inbox = find(number, epoch);
  if (!inbox) return {};
  const auto at = inbox->subscriptions.find(filter);
  if (at != inbox->subscriptions.end()) {
    at->second = options;
    return {true, false};
  }
  if (inbox->subscriptions.size() >= count_max) return {};
  inbox->subscriptions.emplace(filter, options);
  return {true, true};
}

bool InboxStore::remove_subscription(InboxNumber number, std::uint64_t epoch, std::string_view filter) {
  Inbox* inbox = find(number, epoch);
  if (!inbox) return false;
  const auto at = inbox->subscriptions.find(filter);
  if (at == inbox->subscriptions.end()) return false;
  inbox->subscriptions.erase(at);
  return true;
}

InboxStore::Due InboxStore::tick(UnixMs now_ms) {
  Due due;
  std::vector<Inbox*> expired;
  for (const auto& [number, inbox] : inboxes_) {
    if (inbox->attached()) continue;
    if (inbox->will && inbox->will_at_ms <= now_ms)
      due.wills.push_back({std::move(inbox->will), inbox->client_id});
    if (inbox->expires_at_ms <= now_ms) expired.push_back(inbox.get());
  }
  for (Inbox* inbox : expired) due.ended.push_back(erase(*inbox));
  return due;
}

std::uint64_t InboxStore::message_bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& [number, inbox] : inboxes_) bytes += inbox->queue.bytes();
  return bytes;
}

std::uint64_t InboxStore::message_count() const {
  std::uint64_t count = 0;
  for (const auto& [number, inbox] : inboxes_) count += inbox->queue.size();
  return count;
}

}  // namespace tenon::service
