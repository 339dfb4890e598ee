#include "peer/transport_port.h"

#include <string_view>
#include <utility>

#include "host/op/operation.h"
#include "host/status_name.h"
#include "host/watch/breadcrumb.h"
#include "peer/connection_events.h"
#include "stack/listen_address.h"

namespace tenon::peer {

namespace {

tenon_bytes abi_text(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace

// One dial, from dial() to the end of the plugin's operation.
class TransportPort::DialOperation final : public host::Operation {
 public:
  DialOperation(std::weak_ptr<TransportPort*> port, cluster::Endpoint target)
      : port_(std::move(port)), target_(std::move(target)) {}

  void on_closed(tenon_status status, End) override {
    if (TransportPort* port = this->port(); port && status != TENON_OK)
      port->owner_.on_dial_failed(target_, status);
  }
  // Null: gone.
  TransportPort* port() const {
    const auto port = port_.lock();
    return port ? *port : nullptr;
  }
  const cluster::Endpoint& target() const { return target_; }

 private:
  const std::weak_ptr<TransportPort*> port_;
  const cluster::Endpoint target_;
};

const tenon_link_events TransportPort::accept_events = {sizeof(tenon_link_events),
                                                        0,
                                                        &on_accepted,
                                                        &ConnectionEvents::rx_reserve,
                                                        &ConnectionEvents::rx_commit,
                                                        &ConnectionEvents::on_writable,
                                                        &ConnectionEvents::on_closed};
const tenon_link_events TransportPort::dial_events = {sizeof(tenon_link_events),
                                                      0,
                                                      &on_dialled,
                                                      &ConnectionEvents::rx_reserve,
                                                      &ConnectionEvents::rx_commit,
                                                      &ConnectionEvents::on_writable,
                                                      &ConnectionEvents::on_closed};

const tenon_link_events& TransportPort::stacked_dial_events() {
  static const tenon_link_events events = [] {
    tenon_link_events table = stack::LinkStack::events();
    table.on_open = &TransportPort::on_dialled;
    return table;
  }();
  return events;
}

TransportPort::TransportPort(host::Instance& transport, std::vector<host::Instance*> filters,
                             runtime::Worker& worker, std::int64_t handshake_ns, ConnectionOwner& owner)
    : transport_(transport), owner_(owner) {
  if (filters.empty()) return;
  stack_ = std::make_unique<PeerStack>(transport, std::move(filters), worker, handshake_ns, owner);
}

TransportPort::~TransportPort() {
  if (!handle_) return;
  const host::PluginScope scope(transport_.tag());
  transport_.transport().listener_close(handle_);
}

Status TransportPort::listen(const std::string& address, std::uint16_t port) {
  tenon_listen_request request{};
  request.struct_size = sizeof request;
  request.worker_count = 1;
  request.address = abi_text(stack::listen_address(address));
  request.port = port;
  tenon_error error{};
  error.struct_size = sizeof error;
  const tenon_link_events& events = stack_ ? stack::LinkStack::events() : accept_events;
  void* const user = stack_ ? stack_->acceptor() : this;
  const host::PluginScope scope(transport_.tag());
  if (transport_.transport().listen(transport_.raw(), &request, &events, user, &handle_, &error) == TENON_OK)
    return {};
  error.message[sizeof error.message - 1] = '\0';
  return Error{Errc::io, std::string("cluster.bind: ") + error.message};
}

std::uint16_t TransportPort::port() const {
  return static_cast<std::uint16_t>(transport_.transport().listener_port(handle_));
}

Status TransportPort::accept_start() {
  if (stack_) stack_->begin();
  tenon_error error{};
  error.struct_size = sizeof error;
  const host::PluginScope scope(transport_.tag());
  if (transport_.transport().accept_start(handle_, 0, &error) == TENON_OK) return {};
  error.message[sizeof error.message - 1] = '\0';
  return Error{Errc::io, std::string("cluster.bind: ") + error.message};
}

void TransportPort::accept_stop() {
  const host::PluginScope scope(transport_.tag());
  transport_.transport().accept_stop(handle_, 0);
}

void TransportPort::end() {
  if (stack_) stack_->end();
}

void TransportPort::dial(const cluster::Endpoint& endpoint, MonoNs deadline_ns) {
  auto operation = std::make_unique<DialOperation>(self_, endpoint);
  DialOperation* user = operation.get();
  const tenon_op op = transport_.open_op(std::move(operation));
  if (op == 0) return owner_.on_dial_failed(endpoint, TENON_E_BUSY);
  tenon_connect_request request{};
  request.struct_size = sizeof request;
  request.port = endpoint.port;
  request.address = abi_text(endpoint.host);
  request.deadline_mono_ns = deadline_ns;
  tenon_status status = TENON_OK;
  {
    const host::PluginScope scope(transport_.tag());
    status = transport_.transport().connect(transport_.raw(), 0, &request,
                                            stack_ ? &stacked_dial_events() : &dial_events, user, op);
  }
  if (status == TENON_PENDING) return;
  // Closed by what connect returned, unless it was completed as well.
  if (const auto closed = transport_.ops().close(op))
    closed->on_closed(status, host::Operation::End::in_time);
}

std::uint64_t TransportPort::send(tenon_conn* conn, std::span<const tenon_bytes> spans) {
  if (stack_) return PeerStack::send(conn, spans);
  const host::PluginScope scope(transport_.tag());
  std::uint64_t taken = 0;
  transport_.transport().send_v(conn, spans.data(), static_cast<std::uint32_t>(spans.size()), &taken);
  return taken;
}

void TransportPort::read_on(tenon_conn* conn) {
  if (stack_) return PeerStack::read_on(conn);
  const host::PluginScope scope(transport_.tag());
  transport_.transport().set_reading(conn, 1);
}

void TransportPort::close(tenon_conn* conn, std::uint32_t flags) {
  if (stack_) return PeerStack::close(conn, flags);
  const host::PluginScope scope(transport_.tag());
  transport_.transport().close(conn, flags);
}

tenon_status TransportPort::on_accepted(void* user, std::uint32_t, tenon_conn* conn, const tenon_peer_info*,
                                        void** ret_link) {
  const host::CoreScope scope;
  return ConnectionEvents::open(static_cast<TransportPort*>(user)->owner_, conn, nullptr, {}, ret_link);
}

tenon_status TransportPort::on_dialled(void* user, std::uint32_t, tenon_conn* conn,
                                       const tenon_peer_info* peer, void** ret_link) {
  const host::CoreScope scope;
  const auto& dial = *static_cast<DialOperation*>(user);
  TransportPort* port = dial.port();
  if (!port) return TENON_E_CANCELLED;
  if (port->stack_) return port->stack_->open_dialled(conn, *peer, dial.target(), ret_link);
  return ConnectionEvents::open(port->owner_, conn, &dial.target(), {}, ret_link);
}

}  // namespace tenon::peer
