#include "admin/json/sessions_json.h"

#include <nlohmann/json.hpp>

#include "admin/path_text.h"

namespace tenon::admin {

namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json link_of(const LinkStatus& link) {
  return {{"node", link.node},
          {"address", link.address},
          {"listener", link.listener},
          {"version", link.version},
          {"user", link.user},
          {"keep_alive_s", link.keep_alive_s},
          {"connected_s", link.connected_s},
          {"inflight_count", link.inflight_count},
          {"output_bytes", link.output_bytes}};
}

Json stored_of(const StoredStatus& stored) {
  Json json = {{"attached", stored.attached},       {"node", stored.node},
               {"has_will", stored.has_will},       {"queue_count", stored.queue_count},
               {"queue_bytes", stored.queue_bytes}, {"subscription_count", stored.subscription_count}};
  // What is not there never comes.
  if (stored.expiry_s != StoredStatus::never_expires_s) json["expiry_s"] = stored.expiry_s;
  if (!stored.attached && stored.expires_at_ms != INT64_MAX) json["expires_at_ms"] = stored.expires_at_ms;
  return json;
}

Json session_of(const SessionStatus& session) {
  Json json = {{"client_id", session.name.client_id},
               {"tenant", session.name.tenant},
               {"connected", session.link.has_value()}};
  if (session.link) json["link"] = link_of(*session.link);
  if (session.stored) json["stored"] = stored_of(*session.stored);
  return json;
}

Json subscription_of(const SubscriptionStatus& subscription) {
  Json json = {{"filter", subscription.filter}};
  if (!subscription.qos) return json;
  json["qos"] = *subscription.qos;
  json["no_local"] = subscription.no_local;
  json["retain_as_published"] = subscription.retain_as_published;
  if (subscription.subscription_id != 0) json["subscription_id"] = subscription.subscription_id;
  return json;
}

}  // namespace

std::string page_json(const SessionPage& page) {
  Json json = {{"sessions", Json::array()}, {"missing_nodes", page.missing_nodes}};
  for (const SessionStatus& session : page.sessions) json["sessions"].push_back(session_of(session));
  if (page.cursor) json["cursor"] = cursor_text(*page.cursor);
  return text_of(json);
}

std::string detail_json(const SessionDetail& detail) {
  Json json = session_of(detail.session);
  json["subscriptions"] = Json::array();
  for (const SubscriptionStatus& subscription : detail.subscriptions)
    json["subscriptions"].push_back(subscription_of(subscription));
  json["more_subscriptions"] = detail.more_subscriptions;
  json["missing_nodes"] = detail.missing_nodes;
  return text_of(json);
}

std::string kicked_json(const Kicked& kicked) {
  return text_of({{"connections", kicked.connections}, {"missing_nodes", kicked.missing_nodes}});
}

std::string ended_json(const EndedSession& ended) {
  return text_of({{"was_stored", ended.was_stored},
                  {"connections", ended.connections},
                  {"missing_nodes", ended.missing_nodes}});
}

std::string routes_json(const RoutePage& page) {
  Json json = {{"routes", Json::array()}};
  for (const RouteStatus& route : page.routes) {
    Json item = {{"client_id", route.name.client_id}, {"tenant", route.name.tenant}};
    item.update(subscription_of(route.subscription));
    json["routes"].push_back(std::move(item));
  }
  if (page.cursor) json["cursor"] = cursor_text(*page.cursor);
  return text_of(json);
}

}  // namespace tenon::admin
