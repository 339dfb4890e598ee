#include <algorithm>

#include "base/text/tenant_topic.h"
#include "broker/shard.h"
#include "service/retain/retain_key.h"
#include "service/retain/retain_ops.h"

// What a shard does with retained messages.

namespace tenon::broker {

namespace inbox = service::inbox;
namespace retain = service::retain;
using mqtt::ReasonCode;
using store::AnswerCode;
using store::Request;
using store::StoreId;

namespace {

// Then it is asked again what a topic has: this node's replica may be behind for as long as its disk is full.
constexpr std::int64_t look_ns = 30 * ns_per_s;

// What became of the message; empty: it is not known, or nothing.
template <class Put>
std::optional<retain::PutStatus> status_of(const store::Answer& answer) {
  if (answer.code != AnswerCode::done) return std::nullopt;
  const auto reply = retain::ReplyReader(answer.text).next<Put>();
  return reply.ok() ? std::optional(reply->status) : std::nullopt;
}

// The range has room for the message, too.
bool was_stored(std::optional<retain::PutStatus> status) {
  return status && *status != retain::PutStatus::full && *status != retain::PutStatus::late;
}

// `receivers`: ordered by key.
const routing::Receiver* find_receiver(std::span<const routing::Receiver> receivers,
                                       session::ReceiverKey key) {
  const auto found = std::ranges::lower_bound(receivers, key, {}, &routing::Receiver::key);
  return found != receivers.end() && found->key == key ? &*found : nullptr;
}

}  // namespace

std::shared_ptr<Shard::Reached> Shard::make_reached() {
  return tables().remote.own().is_alone() ? nullptr : std::make_shared<Reached>();
}

// A message on its way into its range.
struct Shard::Keeping {
  std::string tenant;
  Ref<session::Message> message;
  std::optional<retain::Writer> writer;
  std::shared_ptr<Countdown> waits;  // null: nobody wants to know
  StoreClient::Patience patience = StoreClient::Patience::in_time;
  std::shared_ptr<const Reached> reached;
};

ReasonCode Shard::keep_retained(session::Publication& publication, std::string_view tenant,
                                const std::shared_ptr<Countdown>& waits, StoreClient::Patience patience,
                                std::shared_ptr<const Reached> reached,
                                const std::optional<retain::Writer>& writer) {
  if (!tenant_may_keep(publication)) return ReasonCode::quota_exceeded;
  const Ref<session::Message> message = publication.shared();
  // One before it may be on its way by writer, to be put plainly when that is refused: behind this one.
  const bool goes_plainly =
      time_.mono_ns < put_plainly_until_ns_ && !tables().retained.is_settling(message->view().topic);
  if (tables().retained.put(message) == service::RetainStore::Put::full) {
    refuse_retained(message->view().topic, LimitMet::retained);
    return ReasonCode::quota_exceeded;
  }
  if (waits) waits->start_one();
  const auto keeping = std::make_shared<const Keeping>(
      Keeping{std::string(tenant), message, writer, waits, patience, std::move(reached)});
  if (goes_plainly)
    put_plainly(keeping, Tried::nothing);
  else
    put_by_writer(keeping);
  return ReasonCode::success;
}

void Shard::put_by_writer(const std::shared_ptr<const Keeping>& keeping) {
  const session::MessageView view = keeping->message->view();
  retain::CommandBuilder command;
  command.add(retain::PutBy{{keeping->tenant, {view}, context_.retained_count_max}, keeping->writer});
  store_.append(StoreId::retain, retain::key_of(keeping->tenant, view.topic), command.take(),
                keeping->patience, [this, keeping](const store::Answer& answer) {
                  if (is_unknown(answer.code)) {
                    puts_in_doubt_until_ns_ = time_.mono_ns + plainly_ns;
                    return put_plainly(keeping, Tried::newer);
                  }
                  // The answer that was lost may have been the same; behind later puts it can't be put again.
                  if (answer.code == AnswerCode::duplicate && time_.mono_ns < puts_in_doubt_until_ns_)
                    return on_put(*keeping, store::Answer{AnswerCode::lost}, std::nullopt);
                  on_put(*keeping, answer, status_of<retain::PutBy>(answer));
                });
}

// As a version does it that knows nothing of writers. What the range refuses for another reason, it refuses
// once more.
void Shard::put_plainly(const std::shared_ptr<const Keeping>& keeping, Tried tried) {
  const session::MessageView view = keeping->message->view();
  retain::CommandBuilder command;
  command.add(retain::Put{keeping->tenant, {view}, context_.retained_count_max});
  store_.append(StoreId::retain, retain::key_of(keeping->tenant, view.topic), command.take(),
                keeping->patience, [this, keeping, tried](const store::Answer& answer) {
                  if (tried == Tried::newer && is_applied(answer.code))
                    put_plainly_until_ns_ = time_.mono_ns + plainly_ns;
                  on_put(*keeping, answer, status_of<retain::Put>(answer));
                });
}

void Shard::on_put(const Keeping& keeping, const store::Answer& answer,
                   std::optional<retain::PutStatus> status) {
  const std::string topic(keeping.message->view().topic);
  const std::shared_ptr<Countdown>& waits = keeping.waits;
  if (tables().retained.settle(topic, was_stored(status))) look_at_retained(keeping.tenant, topic);
  const bool is_late = status == retain::PutStatus::late;
  if (keeping.reached && keeping.reached->set && is_applied(answer.code) && !is_late)
    reach_newcomers(keeping.message, *keeping.reached, waits);
  if (!waits) return;
  // What is brought again was there before. A connection that comes late is not the session's any more.
  if (is_late && !keeping.writer->once) return waits->end_one(ReasonCode::session_taken_over);
  waits->end_one(is_applied(answer.code) ? ReasonCode::success : why_not_kept(answer));
}

// Nodes that were not known to want it, and inboxes of sessions that look for retained messages elsewhere.
void Shard::reach_newcomers(const Ref<session::Message>& message, const Reached& reached,
                            std::shared_ptr<Countdown> waits) {
  const Ref<routing::MatchSet> set = receivers_of(message->view().topic).set;
  // They get the newer one in its place, which must not be followed by this one.
  if (set == reached.set || !tables().retained.has_same(message->view())) return;
  session::Publication publication(message);
  const auto takes = [qos = message->view().qos](const routing::Receiver* node) {
    return node && (!node->no_local || qos == mqtt::QoS::at_most_once);
  };
  RemoteTargets nodes;
  for (const routing::Receiver& node : set->nodes())
    if (takes(&node) && !takes(find_receiver(reached.set->nodes(), node.key)))
      nodes.add_subscribers(routing::slot_of(node.key));
  send_to_nodes(publication, std::move(nodes), 0, will_of(reached.origin));
  std::shared_ptr<InboxAppend> append;
  for (const routing::Receiver& inbox : set->inboxes()) {
    if (find_receiver(reached.set->inboxes(), inbox.key)) continue;
    if (tables().inboxes.find(routing::inbox_number(inbox.key)).connection != session::ReceiverKey::none)
      continue;
    const auto target = find_inbox(publication, set, inbox);
    if (!target) continue;
    if (!append) append = make_append(publication, reached.origin);
    append->add(*target);
  }
  if (append) send_append(append, waits ? &waits : nullptr);
  worker_.request_turn();
}

bool Shard::show_retained(session::Publication& publication) {
  if (!tenant_may_keep(publication)) return false;
  if (tables().retained.show(publication.shared()) != service::RetainStore::Put::full) return true;
  refuse_retained(publication.view().topic, LimitMet::retained);
  return false;
}

bool Shard::fits_tenant(const session::Message& message) {
  const session::MessageView& view = message.view();
  if (view.payload.empty()) return true;
  Tenant* tenant = tables().tenants.find(tenant_of_topic(view.topic));
  if (!tenant) return true;
  const TenantLimits limits = tenant->limits();
  if (limits.retained_count_max == 0 && limits.retained_bytes_max == 0) return true;
  const auto usage = tables().retained.usage_with(message);
  return (limits.retained_count_max == 0 || usage.topics <= limits.retained_count_max) &&
         (limits.retained_bytes_max == 0 || usage.bytes <= limits.retained_bytes_max);
}

bool Shard::tenant_may_keep(session::Publication& publication) {
  const bool fits = fits_tenant(*publication.shared());
  if (!fits) refuse_retained(publication.view().topic, LimitMet::tenant_retained);
  return fits;
}

void Shard::show_sent_retained(session::Publication& publication) {
  if (fits_tenant(*publication.shared())) tables().retained.show_sent(publication.shared());
}

void Shard::refuse_retained(std::string_view topic, std::size_t limit) {
  context_.metrics.retained_refused.add(index());
  context_.metrics.limits_met[limit].add(index());
  context_.log.write(
      observe::events::routing_retained_refused,
      limit == LimitMet::retained
          ? "mqtt.retained_count_max or mqtt.retained_bytes_max is reached; the message was not stored"
          : "the tenant has as many retained messages as it may (tenants.*.retained_count_max, "
            "retained_bytes_max); the message was not stored",
      {{"topic", topic}});
}

void Shard::look_at_retained(const std::string& tenant, const std::string& topic) {
  service::BatchBuilder<retain::Question> question;
  question.add(retain::Get{tenant, topic});
  store_.ask_for_here(StoreId::retain, retain::key_of(tenant, topic), question.take(), look_ns,
                      [this, tenant, topic](const store::Answer& answer) {
                        // Time was up. What is there may be what was never committed.
                        if (answer.code == AnswerCode::timed_out) return look_at_retained(tenant, topic);
                        const auto reply = retain::AnswerReader(answer.text).next<retain::Get>();
                        const bool has_message =
                            answer.code == AnswerCode::done && reply.ok() && reply->message;
                        session::MessageView nothing;
                        nothing.topic = topic;
                        if (!tables().retained.answer(has_message ? reply->message->message.view : nothing))
                          look_at_retained(tenant, topic);
                      });
}

}  // namespace tenon::broker
