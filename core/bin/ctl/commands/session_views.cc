#include "bin/ctl/commands/session_views.h"

#include "bin/ctl/commands/view_text.h"
#include "bin/ctl/status_view.h"

namespace tenon::ctl {

namespace {

std::string state_of(const Json& session) {
  if (session.at("connected").get<bool>()) return "connected";
  const auto stored = session.find("stored");
  return stored != session.end() && stored->at("attached").get<bool>() ? "attached" : "away";
}

std::string of_link(const Json& session, const char* key) {
  const auto link = session.find("link");
  return link == session.end() ? "-" : text_at(*link, key);
}

std::string of_stored(const Json& session, const char* key) {
  const auto stored = session.find("stored");
  return stored == session.end() ? "-" : number_at(*stored, key);
}

std::string link_text(const Json& link) {
  return line_of("node", text_at(link, "node")) + line_of("address", text_at(link, "address")) +
         line_of("listener", text_at(link, "listener")) + line_of("version", text_at(link, "version")) +
         line_of("user", text_at(link, "user")) +
         line_of("connected for", duration_text(link.at("connected_s").get<std::int64_t>())) +
         line_of("keep alive", number_at(link, "keep_alive_s") + " s") +
         line_of("in flight", number_at(link, "inflight_count"));
}

std::string stored_text(const Json& stored) {
  const auto expiry = stored.find("expiry_s");
  return line_of("kept for", expiry == stored.end() ? "ever" : duration_text(expiry->get<std::int64_t>())) +
         line_of("queue",
                 number_at(stored, "queue_count") + " messages, " + number_at(stored, "queue_bytes") + " B") +
         line_of("will", yes_no(stored, "has_will"));
}

std::string qos_of(const Json& subscription) {
  return subscription.contains("qos") ? number_at(subscription, "qos") : "-";
}

}  // namespace

Result<std::string> sessions_view(const std::string& json) {
  const Json page = Json::parse(json);
  Table table({"CLIENT", "TENANT", "STATE", "NODE", "ADDRESS", "MQTT", "USER", "QUEUE", "SUBSCRIPTIONS"});
  for (const Json& session : page.at("sessions"))
    table.add({text_at(session, "client_id"), text_at(session, "tenant"), state_of(session),
               of_link(session, "node"), of_link(session, "address"), of_link(session, "version"),
               of_link(session, "user"), of_stored(session, "queue_count"),
               of_stored(session, "subscription_count")});
  return with_rest(table.to_text(), page);
}

Result<std::string> session_view(const std::string& json) {
  const Json session = Json::parse(json);
  std::string out = line_of("client", text_at(session, "client_id")) +
                    line_of("tenant", text_at(session, "tenant")) + line_of("state", state_of(session));
  if (const auto link = session.find("link"); link != session.end()) out += link_text(*link);
  if (const auto stored = session.find("stored"); stored != session.end())
    out += stored_text(*stored);
  else
    out += line_of("kept for", "as long as it is connected");
  Table table({"FILTER", "QOS"});
  for (const Json& subscription : session.at("subscriptions"))
    table.add({text_at(subscription, "filter"), qos_of(subscription)});
  out += "\n" + table.to_text();
  if (session.at("more_subscriptions").get<bool>()) out += "there are more subscriptions\n";
  return with_rest(out, session);
}

Result<std::string> routes_view(const std::string& json) {
  const Json page = Json::parse(json);
  Table table({"FILTER", "QOS", "CLIENT", "TENANT"});
  for (const Json& route : page.at("routes"))
    table.add(
        {text_at(route, "filter"), qos_of(route), text_at(route, "client_id"), text_at(route, "tenant")});
  return with_rest(table.to_text(), page);
}

Result<std::string> kicked_view(const std::string& json) {
  const Json kicked = Json::parse(json);
  return with_rest(number_at(kicked, "connections") + " connection ended\n", kicked);
}

Result<std::string> ended_view(const std::string& json) {
  const Json ended = Json::parse(json);
  return with_rest(std::string(ended.at("was_stored").get<bool>() ? "the stored session is deleted"
                                                                  : "there was no stored session") +
                       ", " + number_at(ended, "connections") + " connections ended\n",
                   ended);
}

Result<std::string> existed_view(const std::string& json) {
  return std::string(Json::parse(json).at("existed").get<bool>() ? "done; it was there before\n"
                                                                 : "done; it was not there before\n");
}

}  // namespace tenon::ctl
