#include "base/text/tenant_topic.h"
#include "broker/intercept/changed_message.h"
#include "broker/shard.h"

// What interceptors make of messages that come by no link: wills, and those of operators.

namespace tenon::broker {

using Decision = host::InterceptOutcome::Decision;
using mqtt::ReasonCode;

namespace {

std::string_view prefix_of(std::string_view topic) {
  return topic.substr(0, topic.size() - topic_in_tenant(topic).size());
}

}  // namespace

void Shard::intercept(host::InterceptedMessage who, const session::MessageView& message, Intercepted then) {
  const host::InterceptChain::Chosen chosen = receivers_of(message.topic).interceptors;
  if (chosen == 0) return then({}, message);
  const std::uint32_t flags = who.flags;
  host::InterceptedMessage shown = shown_message(message, topic_in_tenant(message.topic));
  shown.flags |= flags;
  shown.tenant = who.tenant;
  shown.client_id = who.client_id;
  // The memory of whoever asked is gone when the answer comes later.
  const Ref<session::Message> kept = session::Message::make(message);
  const std::string client_id(who.client_id);
  host::InterceptTicket ticket{};
  const auto outcome = context_.intercept->ask(
      chosen, shown,
      [this, kept, client_id, then](host::InterceptOutcome&& late) {
        enter();
        go_on_intercepted(late, kept->view(), client_id, then);
      },
      &ticket);
  if (outcome) go_on_intercepted(*outcome, message, client_id, then);
}

void Shard::go_on_intercepted(const host::InterceptOutcome& outcome, const session::MessageView& message,
                              std::string_view client_id, const Intercepted& then) {
  if (outcome.decision == Decision::drop) return then(outcome, message);
  if (outcome.decision == Decision::refuse) {
    log_intercepted(topic_in_tenant(message.topic), client_id, outcome.plugin, outcome.why);
    return then(outcome, message);
  }
  if (outcome.change.is_none()) return then(outcome, message);
  const std::string_view prefix = prefix_of(message.topic);
  const ChangedMessage changed(message, outcome.change, prefix);
  ReasonCode code = changed.fault(tables().message_limits.get());
  if (outcome.change.topic && is_closed_to_clients(*outcome.change.topic, prefix))
    code = ReasonCode::not_authorized;
  if (code == ReasonCode::success) return then(outcome, changed.view());
  host::InterceptOutcome refused;
  refused.decision = Decision::refuse;
  refused.reason_code = static_cast<std::uint8_t>(code);
  refused.plugin = outcome.plugin;
  refused.place = outcome.place;
  refused.why = unfit_change;
  context_.intercept->count_refused(outcome.place);
  log_intercepted(topic_in_tenant(message.topic), client_id, outcome.plugin, refused.why);
  then(refused, message);
}

void Shard::log_intercepted(std::string_view topic, std::string_view client_id, std::string_view plugin,
                            std::string_view why) {
  context_.log.write(observe::events::plugin_message_refused, "a message was refused",
                     {{"plugin", plugin}, {"client_id", client_id}, {"topic", topic}, {"reason", why}});
}

}  // namespace tenon::broker
