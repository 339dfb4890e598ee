#include <algorithm>

#include "broker/link.h"
#include "broker/link_replay.h"
#include "topic/topic.h"

// Subscriptions and the retained messages that they bring.

namespace tenon::broker {

namespace events = observe::events;
using mqtt::ReasonCode;

void Link::subscribe(const mqtt::Subscribe& packet) {
  if (permset_.stale() && !refresh_permissions()) return;
  const std::uint32_t id = packet.properties.subscription_id.value_or(0);
  std::vector<ReasonCode> codes;
  std::vector<mqtt::Subscription> wants_retained;
  codes.reserve(packet.subscriptions.size());
  for (const mqtt::Subscription& wanted : packet.subscriptions) {
    bool is_new = false;
    codes.push_back(subscribe_one(wanted, id, is_new));
    const bool wants = wanted.retain_handling == mqtt::RetainHandling::send ||
                       (wanted.retain_handling == mqtt::RetainHandling::send_if_new && is_new);
    // A shared subscription gets none. (MQTT 5.0 §4.8.2)
    if (!mqtt::is_failure(codes.back()) && wants && split_filter(wanted.filter).sharing == Sharing::none)
      wants_retained.push_back(wanted);
  }
  // [MQTT-3.8.4-1] [MQTT-3.8.4-2] [MQTT-3.8.4-6]
  connection_.on_subscribed(packet.packet_id, codes);
  for (const auto& wanted : wants_retained)
    replay_retained(wanted.filter, mqtt::min(wanted.qos, listener_.context().limits.qos_max), id);
  shard_.mark(*this);
}

ReasonCode Link::subscribe_one(const mqtt::Subscription& wanted, std::uint32_t id, bool& is_new) {
  const auto& limits = listener_.context().limits;
  const topic::TopicLimits topic_limits{limits.topic_bytes_max, limits.topic_levels_max};
  if (topic::check_filter(wanted.filter, topic_limits) != topic::TopicFault::none)
    return ReasonCode::topic_filter_invalid;
  const SplitFilter split = split_filter(wanted.filter);
  if (!permset_.check(host::Action::subscribe, split.pattern, static_cast<std::uint8_t>(wanted.qos), false)) {
    metrics().subscribe_denied.add(shard_.index());
    shard_.context().log.write(events::auth_access_denied, "a subscription was refused",
                               {{"client_id", connection_.client_id()}, {"filter", wanted.filter}});
    return ReasonCode::not_authorized;
  }
  routing::SubscriptionOptions options;
  options.subscription_id = id;
  options.qos = mqtt::min(wanted.qos, limits.qos_max);
  options.no_local = wanted.no_local;
  options.retain_as_published = wanted.retain_as_published;
  if (!add_filter(wanted.filter, options)) return ReasonCode::quota_exceeded;
  is_new = tables().subscriptions.put(wanted.filter, connection_.key(), options);
  return static_cast<ReasonCode>(options.qos);
}

// Notes the filter as the session's; false: it has too many.
bool Link::add_filter(std::string_view filter, const routing::SubscriptionOptions& options) {
  const std::size_t count_max = shard_.context().subscriptions_per_session_max;
  if (inbox_ != 0)
    return tables()
        .inboxes
        .with(inbox_,
              [&](InboxStore& store) {
                return store.put_subscription(inbox_, inbox_epoch_, filter, options, count_max);
              })
        .ok;
  const auto at = std::lower_bound(filters_.begin(), filters_.end(), filter);
  if (at != filters_.end() && *at == filter) return true;
  if (filters_.size() >= count_max) return false;
  filters_.emplace(at, filter);
  return true;
}

void Link::unsubscribe(const mqtt::Unsubscribe& packet) {
  std::vector<ReasonCode> codes;
  codes.reserve(packet.filters.size());
  for (const std::string_view filter : packet.filters) {
    bool was_there = false;
    if (inbox_ != 0) {
      was_there = tables().inboxes.with(
          inbox_, [&](InboxStore& store) { return store.remove_subscription(inbox_, inbox_epoch_, filter); });
    } else if (const auto at = std::lower_bound(filters_.begin(), filters_.end(), filter);
               at != filters_.end() && *at == filter) {
      filters_.erase(at);
      was_there = true;
    }
    if (was_there) tables().subscriptions.remove(filter, connection_.key());
    drop_replay(filter);
    codes.push_back(was_there ? ReasonCode::success : ReasonCode::no_subscription_existed);
  }
  connection_.on_unsubscribed(packet.packet_id, codes);  // [MQTT-3.10.4-4] [MQTT-3.10.4-5]
  shard_.mark(*this);
}

void Link::replay_retained(std::string_view pattern, mqtt::QoS qos, std::uint32_t id) {
  // A subscription that is made again begins its replay again.
  drop_replay(pattern);
  Replay::Part part;
  tables().retained.collect(pattern, shard_.time().unix_ms, part.messages);
  if (part.messages.empty()) return;
  part.filter = pattern;
  part.qos = qos;
  part.subscription_id = id;
  Rare& rare = this->rare();
  if (!rare.replay) rare.replay = std::make_unique<Replay>();
  rare.replay->parts.push_back(std::move(part));
  continue_replay();
}

void Link::drop_replay(std::string_view filter) {
  if (rare_ && rare_->replay)
    std::erase_if(rare_->replay->parts, [&](const Replay::Part& part) { return part.filter == filter; });
}

void Link::continue_replay() {
  if (permset_.stale() && !refresh_permissions()) return;
  while (rare_->replay && !rare_->replay->parts.empty() && connection_.live() && connection_.wants_more()) {
    auto& parts = rare_->replay->parts;
    const mqtt::QoS qos_max = parts.front().qos;
    const std::uint32_t id = parts.front().subscription_id;
    const Ref<session::Message> message = parts.front().messages[parts.front().next++];
    if (parts.front().next == parts.front().messages.size()) parts.erase(parts.begin());
    // Replaced or removed meanwhile: the newer one went to this client live, and must not be followed by an
    // older (INV-R2).
    if (!tables().retained.holds(*message)) continue;
    session::Publication publication(message);
    // Whatever happens in there may end this session, and the replay with it.
    if (!replay_one(publication, qos_max, id)) return;
  }
  if (rare_->replay && rare_->replay->parts.empty()) rare_->replay.reset();
}

// False: this connection is no longer the session's.
bool Link::replay_one(session::Publication& publication, mqtt::QoS qos_max, std::uint32_t id) {
  const session::MessageView& view = publication.view();
  const std::span<const std::uint32_t> ids(&id, id == 0 ? 0 : 1);
  const session::ShowAs show{mqtt::min(view.qos, qos_max), true, ids};  // [MQTT-3.3.1-8]
  if (!permset_.check(host::Action::receive, view.topic, static_cast<std::uint8_t>(view.qos), true)) {
    dropped(session::DropCause::not_authorized, view.qos);
  } else if (inbox_ == 0) {
    metrics().publish_sent[static_cast<std::size_t>(show.qos)].add(shard_.index());
    connection_.deliver(publication, show);
  } else {
    const auto result = tables().inboxes.with(
        inbox_, [&](InboxStore& store) { return store.append(inbox_, publication.shared(), show); });
    if (result.status == InboxStore::Append::full) dropped(session::DropCause::queue_full, show.qos);
    if (result.wake != session::ReceiverKey::none) connection_.on_inbox_ready();
  }
  return connection_.live();
}

}  // namespace tenon::broker
