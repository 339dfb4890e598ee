#include "broker/link/link_replay.h"
#include "base/text/tenant_topic.h"
#include "broker/link/link.h"
#include "broker/link/link_jobs.h"

// Retained messages on their way to new subscriptions.

namespace tenon::broker {

using mqtt::ReasonCode;

namespace {

// So many retained messages are on their way to the session's inbox at once.
constexpr std::size_t appending_max = 64;

}  // namespace

void Link::begin_or_change_replays(const SubscriptionJob& job) {
  for (const auto& filter : job.filters) {
    if (filter.wants_retained()) {
      if (has_filter(filter.text)) replay_retained(filter.text, filter.options);
    } else if (!mqtt::is_failure(filter.code) && rare_ && rare_->replay) {
      // Nothing is lost by the replacement [MQTT-3.8.4-4].
      rare_->replay->queue.change(filter.text, filter.options.qos, filter.options.subscription_id);
    }
  }
}

void Link::replay_retained(std::string_view pattern, const routing::SubscriptionOptions& options) {
  Rare& rare = this->rare();
  if (!rare.replay) rare.replay = std::make_unique<Replaying>();
  rare.replay->queue.add({.filter = std::string(pattern),
                          .qos = options.qos,
                          .subscription_id = options.subscription_id,
                          .last_retained = tables().retained.last_number(),
                          .last_sys = tables().sys.last_number()});
  shard_.mark(*this);
}

void Link::drop_replay(std::string_view filter) {
  if (rare_ && rare_->replay) rare_->replay->queue.drop(filter);
}

// One filter in a turn, or its first messages: others have their turns between, and the lock.
void Link::collect_replay() {
  if (!takes_replay()) return;
  Replay& queue = rare_->replay->queue;
  const Replay::Part* const part = queue.to_collect();
  if (!part) return;
  std::vector<Ref<session::Message>> messages;
  const UnixMs now_ms = shard_.time().unix_ms;
  const std::size_t count_max = queue.collect_max();
  bool is_whole = tables().retained.collect(part->filter, now_ms, part->last_retained, count_max, messages);
  if (part->filter.starts_with("$SYS"))
    is_whole = tables().sys.collect(part->filter, now_ms, part->last_sys, count_max, messages) && is_whole;
  queue.collected(std::move(messages), is_whole);
}

bool Link::takes_replay() const {
  return rare_ && rare_->replay && is_reached() && connection_.wants_more() &&
         rare_->replay->appending < appending_max;
}

void Link::continue_replay() {
  if (permset_.stale() && !refresh_permissions()) return;
  while (takes_replay()) {
    const std::optional<Replay::Next> next = rare_->replay->queue.take();
    if (!next) break;
    // Replaced or removed meanwhile: the newer one went to this client live, and must not be followed by an
    // older (INV-R2).
    if (!tables().retained.holds(*next->message) && !tables().sys.holds(*next->message)) continue;
    session::Publication publication(next->message);
    // Whatever happens in there may end this session, and the replay with it.
    if (!replay_one(publication, next->qos, next->subscription_id)) return;
  }
  if (!rare_->replay) return;
  if (rare_->replay->is_done()) return rare_->replay.reset();
  if (takes_replay() && rare_->replay->queue.to_collect()) shard_.mark(*this);
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
