#include "broker/listener.h"

#include <algorithm>
#include <array>

#include "broker/link/link.h"
#include "broker/shard.h"
#include "host/watch/breadcrumb.h"
#include "stack/listen_address.h"
#include "stack/peer_text.h"
#include "stack/stacked_link.h"

namespace tenon::broker {

namespace {

tenon_span rx_reserve(void* link) {
  return static_cast<Link*>(link)->rx_reserve();
}
tenon_status rx_commit(void* link, std::uint64_t len) {
  const host::CoreScope scope;
  return static_cast<Link*>(link)->rx_commit(len);
}
void on_writable(void* link) {
  const host::CoreScope scope;
  static_cast<Link*>(link)->on_writable();
}
void on_closed(void* link, tenon_status why, std::int32_t native_errno) {
  const host::CoreScope scope;
  static_cast<Link*>(link)->on_closed(why, native_errno);
}

}  // namespace

const tenon_link_events Listener::events = {
    sizeof(tenon_link_events), 0, &Listener::on_open, &rx_reserve, &rx_commit, &broker::on_writable,
    &broker::on_closed};

Listener::Listener(ListenerContext context, const MemoryMark& memory, host::Instance& transport,
                   std::vector<host::Instance*> filters, std::span<const std::unique_ptr<Shard>> shards)
    : gate_(context.gate), memory_(memory), transport_(transport), shards_(shards), begun_(shards.size()) {
  set_context(std::move(context));
  if (filters.empty()) return;
  std::vector<runtime::Worker*> workers;
  for (const auto& shard : shards) workers.push_back(&shard->worker());
  stack_ = std::make_unique<stack::LinkStack>(
      transport, std::move(filters), workers,
      std::int64_t{this->context().limits.connect_timeout_s} * ns_per_s,
      stack::LinkUser{&events, this, &Listener::on_accepted, &Listener::on_refused});
}

Listener::~Listener() {
  close();
}

void Listener::set_context(ListenerContext context) {
  gate_.set_limits(context.gate);
  contexts_.set(std::move(context));
}

void Listener::close() {
  if (!handle_) return;
  const host::PluginScope scope(transport_.tag());
  transport_.transport().listener_close(std::exchange(handle_, nullptr));
}

Status Listener::open(const std::string& address, std::uint16_t port) {
  address_ = address;
  tenon_listen_request request{};
  request.struct_size = sizeof request;
  request.worker_count = static_cast<std::uint32_t>(shards_.size());
  const std::string_view listened = stack::listen_address(address);
  request.address = {reinterpret_cast<const std::uint8_t*>(listened.data()), listened.size()};
  request.port = port;
  tenon_error error{};
  error.struct_size = sizeof error;
  const host::PluginScope scope(transport_.tag());
  if (transport_.transport().listen(
          transport_.raw(), &request, stack_ ? &stack::LinkStack::events() : &events,
          stack_ ? static_cast<void*>(stack_.get()) : this, &handle_, &error) == TENON_OK) {
    port_ = transport_.transport().listener_port(handle_);
    return {};
  }
  error.message[sizeof error.message - 1] = '\0';
  return Error{Errc::io, "listener \"" + context().name + "\": " + error.message};
}

Status Listener::start(std::uint32_t worker) {
  if (stack_ && !std::exchange(begun_[worker], true)) stack_->begin(worker);
  tenon_error error{};
  error.struct_size = sizeof error;
  const host::PluginScope scope(transport_.tag());
  if (transport_.transport().accept_start(handle_, worker, &error) == TENON_OK) return {};
  error.message[sizeof error.message - 1] = '\0';
  return Error{Errc::io, "listener \"" + context().name + "\": " + error.message};
}

void Listener::stop(std::uint32_t worker) {
  if (!handle_) return;
  const host::PluginScope scope(transport_.tag());
  transport_.transport().accept_stop(handle_, worker);
}

bool Listener::is_idle(std::uint32_t worker) const {
  return gate_.count() == 0 && (!stack_ || stack_->is_idle(worker));
}

void Listener::end(std::uint32_t worker) {
  if (stack_ && std::exchange(begun_[worker], false)) stack_->end(worker);
}

void Listener::abandon(std::uint32_t worker) {
  if (stack_) stack_->abandon(worker);
}

std::uint64_t Listener::send(tenon_conn* conn, std::span<const tenon_bytes> spans) {
  if (stack_) return stack::StackedLink::of(conn).send(spans);
  const host::PluginScope scope(transport_.tag());
  std::uint64_t taken = 0;
  transport_.transport().send_v(conn, spans.data(), static_cast<std::uint32_t>(spans.size()), &taken);
  return taken;
}

void Listener::read_on(tenon_conn* conn) {
  if (stack_) return stack::StackedLink::of(conn).set_reading(true);
  const host::PluginScope scope(transport_.tag());
  transport_.transport().set_reading(conn, 1);
}

void Listener::close(tenon_conn* conn, std::uint32_t flags) {
  if (stack_) return stack::StackedLink::of(conn).close(flags);
  const host::PluginScope scope(transport_.tag());
  transport_.transport().close(conn, flags);
}

const stack::PeerFacts* Listener::facts(tenon_conn* conn) const {
  return stack_ && conn ? &stack::StackedLink::of(conn).facts() : nullptr;
}

std::string_view Listener::fault(tenon_conn* conn) const {
  return stack_ && conn ? std::string_view(stack::StackedLink::of(conn).fault()) : std::string_view();
}

void Listener::on_refused(void* user, std::uint32_t worker, const tenon_peer_info& peer, tenon_status,
                          std::string_view filter, std::string_view reason) {
  auto* self = static_cast<Listener*>(user);
  self->context().metrics.refused.add(worker);
  self->log_refused(peer, filter, reason);
}

void Listener::log_refused(const tenon_peer_info& peer, std::string_view filter, std::string_view reason) {
  if (!context().log) return;
  std::array<std::uint8_t, 16> addr{};
  std::copy(std::begin(peer.addr), std::end(peer.addr), addr.begin());
  context().log->write(observe::events::link_refused,
                       "a connection was closed before its handshakes were over",
                       {{"peer", stack::peer_text(peer.family, addr, static_cast<std::uint16_t>(peer.port))},
                        {"listener", context().name},
                        {"filter", filter},
                        {"reason", reason}});
}

// How long the connection has to wait for its turn; below 0: it is refused.
std::int64_t Listener::pace(std::uint32_t worker, const tenon_peer_info& peer) {
  const auto wait_ns = gate_.pace(shards_[worker]->worker().now_ns(), memory_.is_high());
  if (!wait_ns) {
    context().metrics.over_rate.add(worker);
    log_refused(peer, "", "too many connect at once (connection_rate_max)");
    return -1;
  }
  if (*wait_ns > 0) context().metrics.waited.add(worker);
  return *wait_ns;
}

bool Listener::admit(std::uint32_t worker, const tenon_peer_info& peer) {
  switch (gate_.admit(ConnectionGate::address_of(peer.family, peer.addr))) {
    case ConnectionGate::Verdict::admitted:
      return true;
    case ConnectionGate::Verdict::too_many:
      context().metrics.over_count.add(worker);
      log_refused(peer, "", "the listener has as many connections as it may (connections_max)");
      return false;
    case ConnectionGate::Verdict::too_many_of_address:
      context().metrics.over_address_count.add(worker);
      log_refused(peer, "", "its address has as many connections as it may (connections_per_address_max)");
      return false;
  }
  return false;
}

void Listener::release(std::uint8_t family, const std::array<std::uint8_t, 16>& addr) {
  std::uint8_t bytes[16];
  std::copy(addr.begin(), addr.end(), std::begin(bytes));
  gate_.release(ConnectionGate::address_of(family, bytes));
}

// Below a stack, links wait before their handshakes.
std::int64_t Listener::on_accepted(void* user, std::uint32_t worker, const tenon_peer_info& peer) {
  auto* self = static_cast<Listener*>(user);
  const ListenerContext& context = self->context();
  if (context.proxies && !context.proxies->has(peer.family, peer.addr)) {
    context.metrics.refused.add(worker);
    self->log_refused(peer, "", "it is none of the proxies that are trusted (trusted_proxies)");
    return -1;
  }
  return self->pace(worker, peer);
}

tenon_status Listener::on_open(void* user, std::uint32_t worker, tenon_conn* conn,
                               const tenon_peer_info* peer, void** ret_link) {
  const host::CoreScope scope;
  auto* self = static_cast<Listener*>(user);
  const std::int64_t wait_ns = self->stack_ ? 0 : self->pace(worker, *peer);
  if (wait_ns < 0 || self->refuses_.load(std::memory_order_relaxed) || !self->admit(worker, *peer))
    return TENON_E_BUSY;
  Shard& shard = *self->shards_[worker];
  shard.enter();
  *ret_link = &shard.open_link(*self, conn, *peer, wait_ns);
  return TENON_OK;
}

}  // namespace tenon::broker
