#include "broker/link/link.h"

#include <algorithm>
#include <array>

#include "broker/link/link_brake.h"
#include "broker/link/link_jobs.h"
#include "broker/link/link_replay.h"
#include "stack/peer_text.h"

// The link's bytes: in, out, and its end.

namespace tenon::broker {

namespace events = observe::events;

namespace {

constexpr std::size_t iov_count_max = 64;
// What a client may send behind its CONNECT before it is let in; it is read so that its going is seen.
constexpr std::size_t early_bytes_max = 4096;

}  // namespace

static_assert(sizeof(Link) <= 440, "most links are idle: what few of them have stands behind a pointer");

Link::Link(Shard& shard, Listener& listener, tenon_conn* conn, const tenon_peer_info& peer,
           ConnectionAddress address, std::int64_t wait_ns)
    : shard_(shard),
      listener_(listener),
      settings_(listener.context()),
      tenant_(settings_.home),
      conn_(conn),
      connection_(settings_.limits, shard.time(), *this, shard.chunks()),
      address_(address),
      peer_family_(static_cast<std::uint8_t>(peer.family)),
      peer_port_(static_cast<std::uint16_t>(peer.port)) {
  std::copy(std::begin(peer.addr), std::end(peer.addr), peer_addr_.begin());
  settings_.add_link();
  settings_.metrics.opened.add(shard_.index());
  settings_.metrics.connections.add(shard_.index(), 1);
  arm_deadline();
  wait_for(wait_ns);
}

Link::~Link() {
  if (deadline_armed_) shard_.worker().cancel_timer(deadline_timer_);
  stop_waiting();
  leave_tenant();
  if (rare_ && rare_->ticket != host::AuthTicket{}) settings_.auth->cancel(rare_->ticket);
  end_interception();
  stop_rest();
  settings_.metrics.connections.add(shard_.index(), -1);
  listener_.release(peer_family_, peer_addr_);
  settings_.drop_link();
}

Link::Rare& Link::rare() {
  if (!rare_) rare_ = std::make_unique<Rare>();
  return *rare_;
}

tenon_span Link::rx_reserve() {
  const std::span<std::uint8_t> shared = shard_.read_buffer();
  if (!stash_) return {shared.data(), std::min(shared.size(), read_bytes_max())};
  const std::size_t have = stash_->size;
  stash_->wanted = 0;
  const std::size_t wanted = connection_.wanted_bytes();
  if (std::max(wanted, have + 1) <= shared.size() / 2) {
    std::ranges::copy(stash_->bytes(), shared.begin());
    return {shared.data() + have, shared.size() - have};
  }
  // A large packet is collected in the link's own memory, which grows with what has really come. It is filled
  // piece by piece, however small these are. A packet is not longer than 256 MiB.
  stash_->wanted = static_cast<std::uint32_t>(std::max(wanted, have + 1));
  std::vector<std::uint8_t>& memory = stash_->memory;
  if (memory.size() == have)
    memory.resize(have + std::min<std::size_t>(stash_->wanted - have, std::max(have, shared.size())));
  return {memory.data() + have, std::min<std::size_t>(memory.size(), stash_->wanted) - have};
}

tenon_status Link::rx_commit(std::uint64_t len) {
  shard_.enter();
  settings_.metrics.received_bytes.add(shard_.index(), len);
  if (stash_ && stash_->wanted != 0) {
    stash_->size += static_cast<std::uint32_t>(len);
    if (stash_->size >= stash_->wanted) feed_stash();
  } else if (len > 0) {
    const std::size_t before = stashed_bytes();
    if (stash_) stash_->size = 0;
    take_bytes({shard_.read_buffer().data(), before + len});
  }
  if (stash_ && connection_.live()) excuse_long_packet();
  spend_bytes(len);
  if (rare_ && rare_->rest) note_rest(len);
  shard_.mark(*this);
  if (shard_.congested() && !held_ && connection_.live()) {
    hold();
    shard_.hold(*this);
  }
  want_read_ = may_read();
  reading_ = want_read_;
  return want_read_ ? TENON_OK : TENON_AGAIN;
}

// While a packet is on its way its client can't send another one, a PINGREQ say. [MQTT-3.1.2-20] binds it
// from the end of one packet to the beginning of the next.
void Link::excuse_long_packet() {
  constexpr std::size_t long_bytes = 1000;
  if (connection_.wanted_bytes() > stash_->size + long_bytes) connection_.excuse_silence();
}

bool Link::is_held_back() const {
  const bool has_room = waiting_subacks_ < Jobs::open_max &&
                        (!rare_ || !rare_->jobs || rare_->jobs->open.size() < Jobs::open_max);
  return held_ || is_waiting() || !has_room || (feed_ && feed_->is_held());
}

bool Link::may_read() const {
  const bool takes = connection_.takes_input() || (is_attaching() && stashed_bytes() < early_bytes_max);
  return takes && !is_held_back();
}

bool Link::is_attaching() const {
  return rare_ && (rare_->attach_asked != StoreClient::Asked::nothing || rare_->awaited_epoch) &&
         !connection_.closing();
}

void Link::take_bytes(Bytes bytes) {
  const std::size_t used = is_waiting() ? 0 : connection_.on_bytes(bytes);
  keep_rest(bytes.subspan(used));
  put_off_ = stash_ && !connection_.takes_input();
}

void Link::keep_rest(Bytes rest) {
  if (connection_.closing() || rest.empty()) return stash_.reset();
  if (!stash_) stash_ = std::make_unique<Stash>();
  stash_->memory.assign(rest.begin(), rest.end());
  stash_->size = static_cast<std::uint32_t>(rest.size());
}

void Link::feed_stash() {
  if (const auto stash = std::exchange(stash_, nullptr)) take_bytes(stash->bytes());
}

void Link::on_writable() {
  shard_.enter();
  blocked_ = false;
  shard_.mark(*this);
}

void Link::end_of_turn() {
  marked_ = false;
  if (!conn_) return end_if_gone();
  send_and_read();
  give_way_if_read();
}

void Link::send_and_read() {
  collect_replay();
  // Each round may make room for messages that waited; what is left then has its next turn.
  constexpr int rounds_max = 4;
  for (int round = 0; round < rounds_max && send_output(); ++round) {
    connection_.on_output_sent();
    if (rare_ && rare_->replay) continue_replay();
    if (connection_.output().empty()) break;
  }
  if (rare_ && rare_->replay) continue_replay();
  if (feed_) {
    record_inbox();
    ask_inbox();
  }
  if (connection_.closing()) return close_transport();
  if (!connection_.output().empty() && !blocked_) shard_.mark(*this);
  if (put_off_ && reading_ && may_read()) {
    feed_stash();
    shard_.mark(*this);
    if (connection_.closing()) return;
  }
  if (may_read() && !reading_) {
    feed_stash();
    want_read_ = may_read();
    if (connection_.closing() || !connection_.output().empty()) shard_.mark(*this);
    if (!want_read_) return;
    reading_ = true;
    listener_.read_on(conn_);
  }
}

// True when something was sent.
bool Link::send_output() {
  session::OutputQueue& output = connection_.output();
  if (output.empty() || blocked_) return false;
  std::array<Bytes, iov_count_max> pieces;
  std::array<tenon_bytes, iov_count_max> spans;
  std::size_t sent_in_all = 0;
  const bool is_read = connection_.takes_input();
  while (!output.empty() && !blocked_) {
    const std::size_t count = output.gather(pieces);
    std::size_t offered = 0;
    for (std::size_t i = 0; i < count; ++i) {
      spans[i] = {pieces[i].data(), pieces[i].size()};
      offered += pieces[i].size();
    }
    const std::uint64_t taken = listener_.send(conn_, {spans.data(), count});
    output.consume(taken);
    sent_in_all += taken;
    if (taken < offered) blocked_ = true;
  }
  settings_.metrics.sent_bytes.add(shard_.index(), sent_in_all);
  // What the client sends is not looked at then, and it lives: it takes what it is owed.
  if (!is_read && sent_in_all > 0) connection_.excuse_silence();
  return sent_in_all > 0;
}

void Link::hold() {
  held_ = true;
  look_at_pause();
}

// Those that others have published to.
void Link::forget_slow_nodes() {
  (void)shard_.held_publishers().take_noted();
}

void Link::hold_for_slow_node() {
  const auto slot = shard_.held_publishers().take_noted();
  if (!slot || held_ || !connection_.live()) return;
  hold();
  shard_.held_publishers().hold(address(), *slot);
}

void Link::look_at_pause() {
  connection_.pause_input(held_ || is_waiting() || is_intercepting());
}

void Link::release_hold() {
  held_ = false;
  look_at_pause();
  connection_.excuse_silence();
  shard_.mark(*this);
}

// A link that is in keeps nothing of how it came in.
void Link::forget_opening() {
  if (!rare_ || connection_.closing()) return;
  // What was logged a moment ago is not logged again.
  const bool has_logged =
      rare_->drop_logged_ns != 0 && shard_.time().mono_ns - rare_->drop_logged_ns < ns_per_s;
  const bool is_needed = rare_->will_number != 0 || rare_->replay || rare_->jobs || rare_->parked ||
                         rare_->interception || rare_->rest || has_logged || connection_.has_auth_method();
  if (!is_needed) rare_.reset();
}

void Link::disconnect(mqtt::ReasonCode code, std::string_view server_reference) {
  connection_.disconnect(code, server_reference);
  shard_.mark(*this);
}

void Link::on_closed(tenon_status why, std::int32_t) {
  shard_.enter();
  const std::string fault(listener_.fault(std::exchange(conn_, nullptr)));
  const std::string_view reason = !fault.empty()         ? std::string_view(fault)
                                  : why == TENON_E_RESET ? "reset by the client or the network"
                                                         : "closed by the client";
  if (connection_.live() && ends_behind_rest()) {
    begin_rest().gone_because = reason;
    connection_.lose_output();
    // So that others of its groups have what comes now, and no message is passed on to who is gone as well.
    if (!feed_) forget_filters();
    shard_.mark(*this);
    return;
  }
  connection_.on_peer_closed();
  log_closed(reason);
  let_go();
}

void Link::close_transport() {
  // What the transport has not taken yet is lost with the link, but for what it can still take at once: a
  // client that does not read is not waited for.
  log_closed(reason_of_end());
  listener_.close(std::exchange(conn_, nullptr), TENON_CLOSE_FLUSH);
  let_go();
}

std::string_view Link::reason_of_end() const {
  const std::string_view reason = connection_.close_reason();
  return reason.empty() ? "disconnected by the client" : reason;
}

void Link::abandon() {
  if (retired_) return;
  if (conn_) listener_.close(std::exchange(conn_, nullptr), 0);
  connection_.on_peer_closed();
  tell_closed("cut off as the node stops");
  let_go();
}

void Link::let_go() {
  if (retired_) return;
  retired_ = true;
  withdraw_attach();
  release_claim();
  shard_.retire(*this);
}

// Armed when the link opens and when it fires, not with each packet that puts the deadline off: that would be
// 600 of 5,900 instructions a message at window 1 (docs/internals/tricks.md). Requires that a deadline which
// comes nearer is armed anew: rearm_deadline().
void Link::arm_deadline() {
  const MonoNs deadline = connection_.deadline_ns();
  if (deadline == 0) return;
  arm_deadline_in(std::max<MonoNs>(deadline - shard_.time().mono_ns, ns_per_ms));
}

void Link::arm_deadline_in(std::int64_t ns) {
  deadline_armed_ = true;
  deadline_timer_ = shard_.worker().start_timer(ns, &Link::on_deadline, this);
}

void Link::rearm_deadline() {
  if (std::exchange(deadline_armed_, false)) shard_.worker().cancel_timer(deadline_timer_);
  if (!connection_.closing()) arm_deadline();
}

void Link::on_deadline(void* self) {
  auto* link = static_cast<Link*>(self);
  link->shard_.enter();
  link->deadline_armed_ = false;
  if (link->retired_ || !link->conn_) return;
  // The range has a time of its own to answer in, and what is said when that is up says more.
  if (link->is_attaching()) return link->arm_deadline_in(link->shard_.context().publish_timeout_ns);
  if (link->connection_.live() && (link->is_held_back() || link->is_intercepting()))
    link->connection_.excuse_silence();
  link->connection_.on_deadline();
  if (link->connection_.closing())
    link->shard_.mark(*link);
  else
    link->arm_deadline();
}

std::string Link::peer_text() const {
  return stack::peer_text(peer_family_, peer_addr_, peer_port_);
}

void Link::log_closed(std::string_view reason) {
  if (shard_.time().is_traced)
    tables().traces.note_event(trace_subject(), "closed: " + std::string(reason), shard_.time().unix_ms);
  observe::Log& log = shard_.context().log;
  const bool broke_rule = connection_.broke_rule();
  if (broke_rule) metrics().protocol_errors.add(shard_.index());
  tell_closed(reason);
  const auto& event = broke_rule ? events::link_protocol_error : events::link_closed;
  if (!log.enabled(event)) return;
  log.write(event, "a link was closed",
            {{"client_id", connection_.client_id()},
             {"peer", peer_text()},
             {"listener", settings_.name},
             {"reason", reason},
             {"code", mqtt::to_string(connection_.close_code())}});
}

}  // namespace tenon::broker
