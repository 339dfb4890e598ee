#include "broker/link/link.h"

// What operators have said of clients: bans and traces.

namespace tenon::broker {

namespace events = observe::events;
using mqtt::ReasonCode;

std::optional<Ban> Link::ban_of(std::string_view client_id, std::string_view username) const {
  return tables().bans.find({client_id, username, peer_family_, peer_addr_}, shard_.time().unix_ms);
}

bool Link::is_banned(std::string_view client_id, std::string_view username, std::string_view tenant) {
  const auto ban = ban_of(client_id, username);
  if (!ban) return false;
  metrics().limits_met[LimitMet::banned].add(shard_.index());
  shard_.context().log.write(events::link_banned_refused, "a client is banned",
                             {{"client_id", client_id},
                              {"username", username},
                              {"peer", peer_text()},
                              {"ban", std::string(to_string(ban->kind)) + " " + ban->pattern}});
  tell_refused(client_id, username, ReasonCode::banned, "banned by an operator", tenant);
  return true;
}

// Banned is no code of DISCONNECT [MQTT-3.14.2-1].
void Link::leave_if_banned() {
  if (connection_.live() && is_banned(connection_.client_id(), connection_.username()))
    disconnect(ReasonCode::administrative_action);
}

void Link::leave_if_cut_off() {
  const bool leaves_something = feed_ || (rare_ && rare_->will_number != 0);
  if (!connection_.live() || !leaves_something) return;
  const auto redirect = tables().cut_off.to_go(service::inbox::owner_prefix(session_owner()), settings_.name);
  if (!redirect) return;
  metrics().cut_off.add(shard_.index());
  disconnect(redirect->code, redirect->server_reference);
}

TraceSubject Link::trace_subject() const {
  return {connection_.client_id(), peer_family_, peer_addr_, peer_port_};
}

void Link::packet_seen(const session::PacketSeen& seen) {
  tables().traces.note(trace_subject(), seen, connection_.version(), shard_.time().unix_ms);
}

}  // namespace tenon::broker
