#include "peer/peer_stack.h"

#include <algorithm>
#include <array>
#include <utility>

#include "cluster/local_node.h"
#include "host/watch/breadcrumb.h"
#include "peer/connection_events.h"
#include "stack/peer_text.h"
#include "stack/stacked_link.h"

namespace tenon::peer {

namespace {

// Of others that are in handshakes or behind them: more than a cluster has nodes, besides the shares of
// strangers in the handshakes of filters, and in that of the link.
constexpr std::size_t accepted_max = 1024 + 2 * cluster::strangers_max;

std::string text_of(const tenon_peer_info& peer) {
  std::array<std::uint8_t, 16> addr{};
  std::copy(std::begin(peer.addr), std::end(peer.addr), addr.begin());
  return stack::peer_text(peer.family, addr, static_cast<std::uint16_t>(peer.port));
}

void on_closed(void* link, tenon_status, std::int32_t) {
  const host::CoreScope scope;
  auto* connection = static_cast<Connection*>(link);
  connection->on_closed(stack::StackedLink::of(connection->handle()).fault());
}

}  // namespace

const tenon_link_events PeerStack::accepted_events = {sizeof(tenon_link_events),
                                                      0,
                                                      &on_accepted_open,
                                                      &ConnectionEvents::rx_reserve,
                                                      &ConnectionEvents::rx_commit,
                                                      &ConnectionEvents::on_writable,
                                                      &peer::on_closed};
const tenon_link_events PeerStack::dialled_events = {sizeof(tenon_link_events),
                                                     0,
                                                     &on_dialled_open,
                                                     &ConnectionEvents::rx_reserve,
                                                     &ConnectionEvents::rx_commit,
                                                     &ConnectionEvents::on_writable,
                                                     &peer::on_closed};

PeerStack::PeerStack(host::Instance& transport, std::vector<host::Instance*> filters, runtime::Worker& worker,
                     std::int64_t handshake_ns, ConnectionOwner& owner)
    : owner_(owner),
      worker_(&worker),
      accepting_(transport, filters, {&worker_, 1}, handshake_ns,
                 {&accepted_events, this, &on_accepted, &on_accepted_refused}),
      dialling_(transport, filters, {&worker_, 1}, handshake_ns,
                {&dialled_events, nullptr, nullptr, &on_dialled_refused}, TENON_ROLE_CLIENT) {}

PeerStack::~PeerStack() = default;

void PeerStack::begin() {
  begun_ = true;
  accepting_.begin(0);
  dialling_.begin(0);
}

void PeerStack::end() {
  if (!std::exchange(begun_, false)) return;
  for (stack::LinkStack* stack : {&accepting_, &dialling_}) {
    stack->abandon(0);
    stack->end(0);
  }
  handshakes_.clear();
}

tenon_status PeerStack::open_dialled(tenon_conn* conn, const tenon_peer_info& peer,
                                     const cluster::Endpoint& dialled, void** ret_link) {
  // A dial that was under way when all ended.
  if (!begun_) return TENON_E_CANCELLED;
  handshakes_.push_back(std::make_unique<Handshake>(Handshake{this, dialled}));
  Handshake* handshake = handshakes_.back().get();
  const tenon_status status = dialling_.open(0, conn, peer, handshake, ret_link);
  if (status != TENON_OK) take(handshake);
  return status;
}

cluster::Endpoint PeerStack::take(Handshake* handshake) {
  const auto found =
      std::ranges::find_if(handshakes_, [&](const auto& one) { return one.get() == handshake; });
  if (found == handshakes_.end()) return {};
  cluster::Endpoint dialled = std::move((*found)->dialled);
  handshakes_.erase(found);
  return dialled;
}

std::uint64_t PeerStack::send(tenon_conn* conn, std::span<const tenon_bytes> spans) {
  return stack::StackedLink::of(conn).send(spans);
}
void PeerStack::read_on(tenon_conn* conn) {
  stack::StackedLink::of(conn).set_reading(true);
}
void PeerStack::close(tenon_conn* conn, std::uint32_t flags) {
  stack::StackedLink::of(conn).close(flags);
}

std::int64_t PeerStack::on_accepted(void* user, std::uint32_t, const tenon_peer_info&) {
  stack::LinkStack& accepting = static_cast<PeerStack*>(user)->accepting_;
  accepting.make_room_in_handshakes(0, cluster::strangers_max);
  return accepting.link_count(0) < accepted_max ? 0 : -1;
}

tenon_status PeerStack::open(tenon_conn* conn, const cluster::Endpoint* dialled, const tenon_peer_info& peer,
                             void** ret_link) {
  const stack::PeerFacts& facts = stack::StackedLink::of(conn).facts();
  if (!facts.cert_verified) {
    owner_.on_refused(dialled, text_of(peer), TENON_E_DENIED,
                      "the other side's certificate was not looked at; \"client_certificate\" must be "
                      "\"required\"");
    return TENON_E_DENIED;
  }
  return ConnectionEvents::open(owner_, conn, dialled, facts.cert_subject, ret_link);
}

tenon_status PeerStack::on_accepted_open(void* user, std::uint32_t, tenon_conn* conn,
                                         const tenon_peer_info* peer, void** ret_link) {
  return static_cast<PeerStack*>(user)->open(conn, nullptr, *peer, ret_link);
}

tenon_status PeerStack::on_dialled_open(void* user, std::uint32_t, tenon_conn* conn,
                                        const tenon_peer_info* peer, void** ret_link) {
  auto* handshake = static_cast<Handshake*>(user);
  PeerStack* stack = handshake->stack;
  const cluster::Endpoint dialled = stack->take(handshake);
  return stack->open(conn, &dialled, *peer, ret_link);
}

void PeerStack::on_accepted_refused(void* user, std::uint32_t, const tenon_peer_info& peer, tenon_status why,
                                    std::string_view, std::string_view reason) {
  static_cast<PeerStack*>(user)->owner_.on_refused(nullptr, text_of(peer), why, reason);
}

void PeerStack::on_dialled_refused(void* user, std::uint32_t, const tenon_peer_info& peer, tenon_status why,
                                   std::string_view, std::string_view reason) {
  auto* handshake = static_cast<Handshake*>(user);
  PeerStack* stack = handshake->stack;
  const cluster::Endpoint dialled = stack->take(handshake);
  stack->owner_.on_refused(&dialled, text_of(peer), why, reason);
}

}  // namespace tenon::peer
