#include "node/operate/link_answers.h"

#include "mqtt/types.h"
#include "node/identity.h"

namespace tenon::node {

namespace {

std::string text_of(kv::NodeId node) {
  return node_id_text(static_cast<std::uint64_t>(node));
}

}  // namespace

std::string write_question(const broker::LinkQuestion& question) {
  return std::string(1, static_cast<char>(NodeQuestion::links)) + broker::write_remote(question);
}

std::optional<std::pair<NodeQuestion, std::string_view>> read_question(std::string_view text) {
  if (text.empty()) return std::nullopt;
  return std::pair(static_cast<NodeQuestion>(text.front()), text.substr(1));
}

std::map<std::string, broker::LinkAnswer> read_answers(const broker::NodeAsks::Replies& replies,
                                                       std::vector<std::string>& ret_missing) {
  std::map<std::string, broker::LinkAnswer> answers;
  for (const auto& [node, text] : replies.answers) {
    auto answer = broker::read_remote<broker::LinkAnswer>(text);
    if (answer)
      answers.emplace(text_of(node), std::move(*answer));
    else
      ret_missing.push_back(text_of(node));
  }
  for (const kv::NodeId node : replies.missing) ret_missing.push_back(text_of(node));
  return answers;
}

admin::LinkStatus link_status(const std::string& node, const broker::LinkRow& row) {
  admin::LinkStatus link;
  link.node = node;
  link.address = row.address;
  link.listener = row.listener;
  link.version = mqtt::to_string(static_cast<mqtt::Version>(row.version));
  link.user = row.user;
  link.keep_alive_s = row.keep_alive_s;
  link.connected_s = row.connected_ms / 1000;
  link.inflight_count = row.inflight_count;
  link.output_bytes = row.output_bytes;
  return link;
}

admin::StoredStatus stored_status(const service::inbox::SessionInfo& session) {
  admin::StoredStatus stored;
  stored.attached = session.attached;
  if (session.holder.node != kv::NodeId::none) stored.node = text_of(session.holder.node);
  stored.expiry_s = session.expiry_s;
  stored.expires_at_ms = session.expires_at_ms;
  stored.has_will = session.has_will;
  stored.queue_count = session.message_count;
  stored.queue_bytes = session.message_bytes;
  stored.subscription_count = session.subscription_count;
  return stored;
}

admin::SubscriptionStatus subscription_status(std::string_view filter,
                                              const routing::SubscriptionOptions& options) {
  admin::SubscriptionStatus subscription;
  subscription.filter = filter;
  subscription.qos = static_cast<std::uint32_t>(options.qos);
  subscription.no_local = options.no_local;
  subscription.retain_as_published = options.retain_as_published;
  subscription.subscription_id = options.subscription_id;
  return subscription;
}

routing::SubscriptionOptions options_of(const admin::SubscriptionStatus& subscription) {
  routing::SubscriptionOptions options;
  options.qos = static_cast<mqtt::QoS>(subscription.qos.value_or(0));
  options.no_local = subscription.no_local;
  options.retain_as_published = subscription.retain_as_published;
  options.subscription_id = subscription.subscription_id;
  return options;
}

Error no_such_session(const admin::SessionName& name) {
  return {Errc::not_found, "there is no session of the client \"" + name.client_id + "\""};
}

}  // namespace tenon::node
