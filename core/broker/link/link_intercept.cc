#include "broker/intercept/changed_message.h"
#include "broker/link/link.h"
#include "host/intercept/intercept_chain.h"

// What interceptors make of the client's messages.

namespace tenon::broker {

using Decision = host::InterceptOutcome::Decision;
using mqtt::ReasonCode;

bool Link::is_intercepting() const {
  return rare_ && rare_->interception;
}

std::optional<ReasonCode> Link::intercept(const session::MessageView& as_written, std::uint64_t chosen,
                                          mqtt::PacketId received_id, session::PublishToken token) {
  const std::string peer = peer_text();
  host::InterceptedMessage shown = shown_message(as_written, as_written.topic);
  shown.version = static_cast<std::uint32_t>(connection_.version());
  shown.tenant = tenant_->name();
  shown.client_id = connection_.client_id();
  shown.user = connection_.username();
  shown.peer = peer;
  shown.listener = settings_.name;
  host::InterceptTicket ticket{};
  auto outcome = shard_.context().intercept->ask(
      chosen, shown,
      [&shard = shard_, address = address_](host::InterceptOutcome&& late) {
        shard.enter();
        if (Link* link = shard.find(address)) link->on_intercepted(std::move(late));
      },
      &ticket);
  if (outcome) return go_on_with(*outcome, as_written, received_id, token);
  rare().interception = Interception{ticket, session::Message::make(as_written), received_id, token};
  if (rare_->rest) rare_->rest->is_intercepted = true;
  look_at_pause();
  return std::nullopt;
}

std::optional<ReasonCode> Link::go_on_with(const host::InterceptOutcome& outcome,
                                           const session::MessageView& as_written, mqtt::PacketId received_id,
                                           session::PublishToken token) {
  if (outcome.decision == Decision::drop) return answer_unpublished(ReasonCode::success, received_id, token);
  ReasonCode code = static_cast<ReasonCode>(outcome.reason_code);
  std::string_view why = outcome.why;
  if (outcome.decision == Decision::publish) {
    const ChangedMessage changed(as_written, outcome.change);
    code = changed.fault(MessageLimits::of(settings_.limits));
    if (code == ReasonCode::success)
      return publish_now(changed.view(), received_id, token, Shown::to_interceptors);
    why = unfit_change;
    shard_.context().intercept->count_refused(outcome.place);
  }
  shard_.log_intercepted(as_written.topic, connection_.client_id(), outcome.plugin, why);
  tell_refused_message(as_written, 0, code);
  return answer_unpublished(code, received_id, token);
}

void Link::on_intercepted(host::InterceptOutcome&& outcome) {
  if (!is_intercepting()) return;
  // The routes may be gone again since the plugin was asked.
  const bool waits_for_routes = outcome.decision == Decision::publish && !tables().routes.complete() &&
                                rare_->interception->message->view().qos != mqtt::QoS::at_most_once;
  if (!waits_for_routes) return end_interception_with(outcome, true);
  shard_.when_routes_known(
      [&shard = shard_, address = address_, outcome = std::move(outcome)](bool are_known) {
        if (Link* link = shard.find(address)) link->end_interception_with(outcome, are_known);
      });
}

// Without routes: as with a message that has waited for them in vain, the client sends it again. [PROMISE-1]
void Link::end_interception_with(const host::InterceptOutcome& outcome, bool are_routes_known) {
  if (!is_intercepting()) return;
  const Interception held = std::move(*rare_->interception);
  rare_->interception.reset();
  look_at_pause();
  connection_.excuse_silence();
  const session::MessageView message = held.message->view();
  const auto go_on = [&] { return go_on_with(outcome, message, held.received_id, held.token); };
  const auto code = are_routes_known ? held_for_slow_node(go_on) : ReasonCode::server_unavailable;
  if (code && message.qos != mqtt::QoS::at_most_once) on_publish_done(held.token, *code);
  shard_.mark(*this);
}

// A client sends what it has heard nothing of again, but for messages with QoS 0.
void Link::end_interception() {
  if (!is_intercepting()) return;
  shard_.context().intercept->cancel(rare_->interception->ticket);
  if (rare_->interception->message->view().qos == mqtt::QoS::at_most_once)
    dropped(session::DropCause::expired, mqtt::QoS::at_most_once);
  rare_->interception.reset();
}

}  // namespace tenon::broker
