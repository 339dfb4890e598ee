#include "broker/link/link.h"
#include "broker/link/link_replay.h"
#include "stack/peer_text.h"

// Logins: CONNECT and AUTH, and what the auth chain says.

namespace tenon::broker {

namespace events = observe::events;
using mqtt::ReasonCode;

namespace {

host::AddressFamily family_of(std::uint32_t peer_family) {
  if (peer_family == TENON_PEER_IPV4) return host::AddressFamily::ipv4;
  return peer_family == TENON_PEER_IPV6 ? host::AddressFamily::ipv6 : host::AddressFamily::none;
}

session::AuthOutcome limits_of(const host::AuthOutcome& outcome) {
  session::AuthOutcome limits;
  if (outcome.qos_max && *outcome.qos_max <= 2) limits.qos_max = static_cast<mqtt::QoS>(*outcome.qos_max);
  limits.packet_bytes_max = outcome.packet_bytes_max;
  if (outcome.receive_maximum && *outcome.receive_maximum > 0)
    limits.receive_maximum = outcome.receive_maximum;
  limits.session_expiry_s_max = outcome.session_expiry_s_max;
  limits.valid_ms = outcome.valid_ms;
  return limits;
}

// What filters below have found of the peer. `ret_chain` is the memory of request.cert_chain.
void add_facts(const stack::PeerFacts& facts, std::vector<Bytes>& ret_chain, host::AuthRequest& request) {
  request.tls = !facts.tls_version.empty();
  request.cert_verified = facts.cert_verified;
  request.tls_version = facts.tls_version;
  request.tls_sni = facts.tls_sni;
  request.tls_alpn = facts.tls_alpn;
  request.cert_subject = facts.cert_subject;
  for (const auto& certificate : facts.cert_chain) ret_chain.emplace_back(certificate);
  request.cert_chain = ret_chain;
  if (facts.username.empty()) return;
  // What the peer has proved counts, whatever it says.
  request.username = facts.username;
  request.username_proved = true;
}

using UserProperties = std::vector<std::pair<std::string_view, std::string_view>>;

UserProperties list_of(const mqtt::UserProperties& properties) {
  UserProperties list;
  for (const auto& property : properties) list.emplace_back(property.name, property.value);
  return list;
}

}  // namespace

bool Link::anonymous_allowed() const {
  switch (settings_.anonymous) {
    case AnonymousPolicy::never:
      return false;
    case AnonymousPolicy::always:
      return true;
    case AnonymousPolicy::loopback:
      return stack::is_loopback(peer_family_, peer_addr_);
  }
  return false;
}

// What is the same in all requests of this link.
host::AuthRequest Link::auth_request() const {
  const ListenerContext& listener = settings_;
  host::AuthRequest request;
  request.protocol_level = static_cast<std::uint8_t>(connection_.version());
  request.listener = listener.name;
  request.tenant = listener.tenant;
  request.peer_family = family_of(peer_family_);
  request.peer_port = peer_port_;
  request.peer_addr = peer_addr_;
  request.client_id = connection_.client_id();
  return request;
}

// Before anything else is asked: nobody but the client itself, from where it is, can have brought that about.
bool Link::is_flapping(const mqtt::Connect& connect) {
  // Of those that are given an id, all behind one address would be one.
  if (connect.client_id.empty()) return false;
  const std::string_view address(reinterpret_cast<const char*>(peer_addr_.data()), peer_addr_.size());
  const auto verdict =
      tables().flaps.note(settings_.tenant, connect.client_id, address, shard_.time().mono_ns);
  if (verdict == FlapGuard::Verdict::welcome) return false;
  metrics().limits_met[LimitMet::flapping].add(shard_.index());
  if (verdict == FlapGuard::Verdict::banned_now) {
    tables().flaps.remember(settings_.tenant, connect.client_id, peer_text(), shard_.time().mono_ns);
    tell_banned(connect.client_id);
    shard_.context().log.write(events::link_client_banned, "a client connects again and again",
                               {{"client_id", connect.client_id}, {"peer", peer_text()}});
  }
  return true;
}

void Link::connect_came() {
  metrics().connects_received.add(shard_.index());
}

void Link::authenticate(const mqtt::Connect& connect, std::string_view client_id) {
  if (is_refused_for_memory(connect, client_id)) {
    session::AuthOutcome busy;
    busy.code = ReasonCode::server_busy;
    return connection_.on_authenticated(busy);
  }
  if (is_flapping(connect) || is_banned(connect.client_id, connect.user_name.value_or(""))) {
    session::AuthOutcome banned;
    banned.code = ReasonCode::banned;
    return connection_.on_authenticated(banned);
  }
  if (const auto redirect = tables().redirects.next(settings_.name)) {
    metrics().redirected.add(shard_.index());
    session::AuthOutcome elsewhere;
    elsewhere.code = redirect->code;
    elsewhere.server_reference = redirect->server_reference;
    tell_refused(client_id, connect.user_name.value_or(""), redirect->code,
                 "the node sends its clients away");
    return connection_.on_authenticated(elsewhere);
  }
  host::AuthRequest request = auth_request();
  request.clean_start = connect.clean_start;
  request.client_id_given = !connect.client_id.empty();
  request.anonymous_allowed = anonymous_allowed();
  request.username = connect.user_name;
  request.password = connect.password;
  request.auth_method = connect.properties.authentication_method.value_or("");
  request.auth_data = connect.properties.authentication_data.value_or(Bytes{});
  if (connect.will) request.will_topic = connect.will->topic;
  const UserProperties user_properties = list_of(connect.properties.user);
  request.user_properties = user_properties;
  std::vector<Bytes> cert_chain;
  if (const stack::PeerFacts* facts = listener_.facts(conn_)) add_facts(*facts, cert_chain, request);
  if (request.username) connection_.set_username(*request.username);
  // Which has moved it.
  request.client_id = connection_.client_id();
  ask_chain(request);
}

void Link::continue_authentication(const mqtt::Auth& packet) {
  host::AuthRequest request = auth_request();
  request.step =
      packet.reason == ReasonCode::re_authenticate ? host::AuthStep::reauth : host::AuthStep::answer;
  request.continuation = rare().continuation;
  if (!connection_.username().empty()) request.username = connection_.username();
  request.auth_method = packet.properties.authentication_method.value_or("");
  request.auth_data = packet.properties.authentication_data.value_or(Bytes{});
  const UserProperties user_properties = list_of(packet.properties.user);
  request.user_properties = user_properties;
  std::vector<Bytes> cert_chain;
  if (const stack::PeerFacts* facts = listener_.facts(conn_)) add_facts(*facts, cert_chain, request);
  ask_chain(request);
}

void Link::ask_chain(const host::AuthRequest& request) {
  const ListenerContext& listener = settings_;
  rare().auth_begin_ns = shard_.context().clock.mono_ns();
  const host::AuthTicket ticket = listener.auth->authenticate(
      request, shard_.time().mono_ns + listener.auth_timeout_ns, [this](host::AuthOutcome&& outcome) {
        shard_.enter();
        on_auth_outcome(std::move(outcome));
      });
  // Answered already: `rare_` has no ticket to keep.
  if (ticket != host::AuthTicket{} && rare_) rare_->ticket = ticket;
}

void Link::on_auth_outcome(host::AuthOutcome&& outcome) {
  rare().ticket = {};
  rare_->continuation = outcome.continuation;
  session::AuthOutcome answer = limits_of(outcome);
  answer.auth_data = as_bytes(outcome.auth_data);
  std::optional<Traffic::Elsewhere> elsewhere;
  if (outcome.decision == host::AuthDecision::more) {
    answer.code = ReasonCode::continue_authentication;
  } else {
    answer.code = refusal_of(outcome);
    const bool is_known = answer.code == ReasonCode::success;
    if (is_known) elsewhere = elsewhere_of(outcome);
    if (elsewhere) {
      answer.code = ReasonCode::use_another_server;
      answer.server_reference = elsewhere->server_reference;
    } else if (is_known) {
      answer.code = join_tenant(outcome);
    }
    const bool allowed = answer.code == ReasonCode::success;
    auto& counters = metrics();
    counters.login_time.observe(shard_.index(), shard_.context().clock.mono_ns() - rare_->auth_begin_ns);
    if (!elsewhere) (allowed ? counters.logins_allowed : counters.logins_denied).add(shard_.index());
    if (allowed) take_identity(outcome);
  }
  connection_.on_authenticated(answer);
  // It may end sooner or later now.
  if (connection_.live() && connection_.has_auth_method()) rearm_deadline();
  shard_.mark(*this);
}

// Empty: none, or one that the link is not of.
std::string_view Link::tenant_named_by(const host::AuthOutcome& outcome) const {
  return outcome.tenant && !counts_ ? std::string_view(*outcome.tenant) : std::string_view{};
}

// Where a client is to go whose tenant others serve, or by now rather others; empty: it stays.
std::optional<Traffic::Elsewhere> Link::elsewhere_of(const host::AuthOutcome& outcome) {
  if (!tables().traffic.is_on() || connection_.live()) return std::nullopt;
  const std::string_view tenant = outcome.tenant ? *outcome.tenant : std::string_view(settings_.tenant);
  // Who has no id of its own would not be known again.
  const bool can_be_told = connection_.version() == mqtt::Version::v5 && connection_.has_own_client_id();
  auto elsewhere = tables().traffic.elsewhere(
      {tenant, connection_.client_id(), settings_.name, can_be_told, shard_.context().clock.mono_ns()});
  if (!elsewhere) return elsewhere;
  metrics().redirected.add(shard_.index());
  tell_refused(connection_.client_id(), user_by(outcome), ReasonCode::use_another_server,
               "other nodes serve its tenant (directive " + elsewhere->directive + ")", tenant);
  if (!elsewhere->has_weight)
    shard_.context().log.write(events::link_sent_elsewhere, "nodes of other groups serve the client's tenant",
                               {{"client_id", connection_.client_id()},
                                {"peer", peer_text()},
                                {"listener", settings_.name},
                                {"directive", elsewhere->directive},
                                {"to", elsewhere->server_reference}});
  return elsewhere;
}

// The client is one of its tenant's from now on. Another login of a live connection may not name another one.
ReasonCode Link::join_tenant(const host::AuthOutcome& outcome) {
  std::string_view why;
  std::string_view name = tenant_named_by(outcome);
  ReasonCode code = ReasonCode::not_authorized;
  Tenant* tenant = outcome.tenant ? tables().tenants.find(*outcome.tenant) : settings_.home;
  if (!tenant) {
    why = "the auth plugin named a tenant that can be none";
    name = {};
  } else if (counts_ && tenant != tenant_) {
    why = "it has authenticated for another tenant than before";
  } else if (!counts_ && !tenant->connections().take(1, connections_max_of(*tenant))) {
    why = "its tenant has as many connections as it may (tenants.*.connections_max)";
    code = ReasonCode::quota_exceeded;
    metrics().limits_met[LimitMet::tenant_connections].add(shard_.index());
  }
  if (why.empty()) {
    tenant_ = tenant;
    counts_ = true;
    return ReasonCode::success;
  }
  log_refused(code, why, name);
  return code;
}

void Link::log_refused(ReasonCode code, std::string_view why, std::string_view tenant) {
  tell_refused(connection_.client_id(), connection_.username(), code, why, tenant);
  shard_.context().log.write(events::auth_login_refused, "a client was not let in",
                             {{"client_id", connection_.client_id()},
                              {"username", connection_.username()},
                              {"peer", peer_text()},
                              {"listener", settings_.name},
                              {"reason", why}});
}

// Whoever takes over from a connection that is there, perhaps a broken one, needs no room beside it.
std::uint64_t Link::connections_max_of(const Tenant& tenant) {
  const std::uint64_t limit = tenant.limits().connections_max;
  if (limit == 0) return 0;
  return tables().clients.find(tenant.directory_id(connection_.client_id())) ? 0 : limit;
}

void Link::leave_tenant() {
  if (!std::exchange(counts_, false)) return;
  tenant_->connections().give_back(1);
  tenant_->queue_bytes().give_back(connection_.queued_bytes());
}

bool Link::queue_grows(std::uint64_t bytes) {
  if (!tenant_->queue_bytes().take(bytes, tenant_->limits().queue_bytes_max)) {
    metrics().limits_met[LimitMet::tenant_queue].add(shard_.index());
    return false;
  }
  return true;
}

void Link::queue_shrinks(std::uint64_t bytes) {
  tenant_->queue_bytes().give_back(bytes);
}

void Link::take_identity(host::AuthOutcome& outcome) {
  permset_ = std::move(outcome.permset);
  ++permission_epoch_;
  if (outcome.username) connection_.set_username(*outcome.username);
}

std::string_view Link::user_by(const host::AuthOutcome& outcome) const {
  return outcome.username ? std::string_view(*outcome.username) : connection_.username();
}

// Why the client is not let in, which is logged; success: it is.
ReasonCode Link::refusal_of(const host::AuthOutcome& outcome) {
  ReasonCode code = ReasonCode::success;
  std::string_view why = outcome.why;
  if (outcome.decision != host::AuthDecision::allow) {
    code = static_cast<ReasonCode>(outcome.reason_code);
    if (!mqtt::is_failure(code)) code = ReasonCode::not_authorized;
  } else if (is_banned(connection_.client_id(), user_by(outcome), tenant_named_by(outcome))) {
    return ReasonCode::banned;
  } else if (connection_.live() && user_by(outcome) != connection_.username()) {
    code = ReasonCode::not_authorized;
    why = "it has authenticated as another user than before";
  }
  if (code != ReasonCode::success) log_refused(code, why, tenant_named_by(outcome));
  return code;
}

}  // namespace tenon::broker
