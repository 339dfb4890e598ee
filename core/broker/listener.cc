#include "broker/listener.h"

#include <algorithm>
#include <array>

#include "broker/link/link.h"
#include "broker/peer_text.h"
#include "broker/shard.h"
#include "host/watch/breadcrumb.h"
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

Listener::Listener(ListenerContext context, host::Instance& transport, std::vector<host::Instance*> filters,
                   std::span<const std::unique_ptr<Shard>> shards)
    : context_(std::move(context)), transport_(transport), shards_(shards) {
  if (filters.empty()) return;
  std::vector<runtime::Worker*> workers;
  for (const auto& shard : shards) workers.push_back(&shard->worker());
  stack_ = std::make_unique<stack::LinkStack>(transport, std::move(filters), workers,
                                              std::int64_t{context_.limits.connect_timeout_s} * ns_per_s,
                                              stack::LinkUser{&events, this, &Listener::on_refused});
}

Listener::~Listener() {
  if (!handle_) return;
  const host::PluginScope scope(transport_.tag());
  transport_.transport().listener_close(handle_);
}

Status Listener::open(const std::string& address, std::uint16_t port) {
  address_ = address;
  tenon_listen_request request{};
  request.struct_size = sizeof request;
  request.worker_count = static_cast<std::uint32_t>(shards_.size());
  request.address = {reinterpret_cast<const std::uint8_t*>(address.data()), address.size()};
  request.port = port;
  tenon_error error{};
  error.struct_size = sizeof error;
  const host::PluginScope scope(transport_.tag());
  if (transport_.transport().listen(
          transport_.raw(), &request, stack_ ? &stack::LinkStack::events() : &events,
          stack_ ? static_cast<void*>(stack_.get()) : this, &handle_, &error) == TENON_OK)
    return {};
  error.message[sizeof error.message - 1] = '\0';
  return Error{Errc::io, "listener \"" + context_.name + "\": " + error.message};
}

Status Listener::start(std::uint32_t worker) {
  tenon_error error{};
  error.struct_size = sizeof error;
  const host::PluginScope scope(transport_.tag());
  if (transport_.transport().accept_start(handle_, worker, &error) == TENON_OK) return {};
  error.message[sizeof error.message - 1] = '\0';
  return Error{Errc::io, "listener \"" + context_.name + "\": " + error.message};
}

void Listener::stop(std::uint32_t worker) {
  const host::PluginScope scope(transport_.tag());
  transport_.transport().accept_stop(handle_, worker);
}

void Listener::abandon(std::uint32_t worker) {
  if (stack_) stack_->abandon(worker);
}

std::uint32_t Listener::port() const {
  return transport_.transport().listener_port(handle_);
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

void Listener::on_refused(void* user, std::uint32_t worker, const tenon_peer_info& peer,
                          std::string_view filter, std::string_view reason) {
  auto* self = static_cast<Listener*>(user);
  self->context_.metrics.refused.add(worker);
  if (!self->context_.log) return;
  std::array<std::uint8_t, 16> addr{};
  std::copy(std::begin(peer.addr), std::end(peer.addr), addr.begin());
  self->context_.log->write(observe::events::link_refused,
                            "a connection was closed before its handshakes were over",
                            {{"peer", peer_text(peer.family, addr, static_cast<std::uint16_t>(peer.port))},
                             {"listener", self->context_.name},
                             {"filter", filter},
                             {"reason", reason}});
}

tenon_status Listener::on_open(void* user, std::uint32_t worker, tenon_conn* conn,
                               const tenon_peer_info* peer, void** ret_link) {
  const host::CoreScope scope;
  auto* self = static_cast<Listener*>(user);
  Shard& shard = *self->shards_[worker];
  shard.enter();
  *ret_link = &shard.open_link(*self, conn, *peer);
  return TENON_OK;
}

}  // namespace tenon::broker
