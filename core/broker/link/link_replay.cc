#include "broker/link/link_replay.h"
#include "base/tenant_topic.h"
#include "broker/link/link.h"

// Retained messages on their way to new subscriptions.

namespace tenon::broker {

using mqtt::ReasonCode;

namespace {

// So many retained messages are on their way to the session's inbox at once.
constexpr std::size_t appending_max = 64;

}  // namespace

void Link::replay_retained(std::string_view pattern, mqtt::QoS qos, std::uint32_t id) {
  // A subscription that is made again begins its replay again.
  drop_replay(pattern);
  Replay::Part part;
  tables().retained.collect(pattern, shard_.time().unix_ms, part.messages);
  if (pattern.starts_with("$SYS")) tables().sys.collect(pattern, shard_.time().unix_ms, part.messages);
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
  while (rare_->replay && !rare_->replay->parts.empty() && connection_.live() && connection_.wants_more() &&
         rare_->replay->appending < appending_max) {
    auto& parts = rare_->replay->parts;
    const mqtt::QoS qos_max = parts.front().qos;
    const std::uint32_t id = parts.front().subscription_id;
    const Ref<session::Message> message = parts.front().messages[parts.front().next++];
    if (parts.front().next == parts.front().messages.size()) parts.erase(parts.begin());
    // Replaced or removed meanwhile: the newer one went to this client live, and must not be followed by an
    // older (INV-R2).
    if (!tables().retained.holds(*message) && !tables().sys.holds(*message)) continue;
    session::Publication publication(message);
    // Whatever happens in there may end this session, and the replay with it.
    if (!replay_one(publication, qos_max, id)) return;
  }
  if (rare_->replay && rare_->replay->parts.empty() && rare_->replay->appending == 0) rare_->replay.reset();
}

// False: this connection is no longer the session's.
bool Link::replay_one(session::Publication& publication, mqtt::QoS qos_max, std::uint32_t id) {
  const session::MessageView& view = publication.view();
  const std::span<const std::uint32_t> ids(&id, id == 0 ? 0 : 1);
  const session::ShowAs show{mqtt::min(view.qos, qos_max), true, ids};  // [MQTT-3.3.1-8]
  if (!permset_.check(host::Action::receive, topic_in_tenant(view.topic), static_cast<std::uint8_t>(view.qos),
                      true)) {
    dropped(session::DropCause::not_authorized, view.qos);
  } else if (!feed_ || show.qos == mqtt::QoS::at_most_once) {
    metrics().publish_sent[static_cast<std::size_t>(show.qos)].add(shard_.index());
    connection_.deliver(publication, show);
  } else {
    append_replayed(publication, show);
  }
  return connection_.live();
}

// Through the inbox, behind what is there.
void Link::append_replayed(session::Publication& publication, const session::ShowAs& show) {
  std::shared_ptr<Countdown> waits;
  shard_.append_to_inbox(publication, feed_->inbox(), feed_->number(), show, &waits);
  ++rare_->replay->appending;
  waits->wait([&shard = shard_, address = address_](ReasonCode) {
    Link* link = shard.find(address);
    if (!link || !link->rare_ || !link->rare_->replay) return;
    --link->rare_->replay->appending;
    shard.mark(*link);
  });
}

}  // namespace tenon::broker
