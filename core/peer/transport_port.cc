#include "peer/transport_port.h"

#include <utility>

#include "host/op/operation.h"
#include "host/status_name.h"
#include "host/watch/breadcrumb.h"

namespace tenon::peer {

namespace {

tenon_status open_connection(ConnectionOwner& owner, tenon_conn* conn, const cluster::Endpoint* dialled,
                             void** ret_link) {
  Connection* connection = owner.on_open(conn, dialled);
  if (!connection) return TENON_E_BUSY;
  *ret_link = connection;
  return TENON_OK;
}

tenon_span rx_reserve(void* link) {
  return static_cast<Connection*>(link)->rx_reserve();
}

tenon_status rx_commit(void* link, std::uint64_t len) {
  const host::CoreScope scope;
  if (len > 0) static_cast<Connection*>(link)->on_received(len);
  return TENON_OK;
}

void on_writable(void* link) {
  const host::CoreScope scope;
  static_cast<Connection*>(link)->on_writable();
}

void on_closed(void* link, tenon_status, std::int32_t) {
  const host::CoreScope scope;
  static_cast<Connection*>(link)->on_closed();
}

tenon_bytes abi_text(const std::string& text) {
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

const tenon_link_events TransportPort::accept_events = {
    sizeof(tenon_link_events), 0, &on_accepted, &peer::rx_reserve, &peer::rx_commit, &peer::on_writable,
    &peer::on_closed};
const tenon_link_events TransportPort::dial_events = {
    sizeof(tenon_link_events), 0, &on_dialled, &peer::rx_reserve, &peer::rx_commit, &peer::on_writable,
    &peer::on_closed};

TransportPort::TransportPort(host::Instance& transport, ConnectionOwner& owner)
    : transport_(transport), owner_(owner) {}

TransportPort::~TransportPort() {
  if (!handle_) return;
  const host::PluginScope scope(transport_.tag());
  transport_.transport().listener_close(handle_);
}

Status TransportPort::listen(const std::string& address, std::uint16_t port) {
  tenon_listen_request request{};
  request.struct_size = sizeof request;
  request.worker_count = 1;
  request.address = abi_text(address);
  request.port = port;
  tenon_error error{};
  error.struct_size = sizeof error;
  const host::PluginScope scope(transport_.tag());
  if (transport_.transport().listen(transport_.raw(), &request, &accept_events, this, &handle_, &error) ==
      TENON_OK)
    return {};
  error.message[sizeof error.message - 1] = '\0';
  return Error{Errc::io, std::string("cluster.bind: ") + error.message};
}

std::uint16_t TransportPort::port() const {
  return static_cast<std::uint16_t>(transport_.transport().listener_port(handle_));
}

Status TransportPort::accept_start() {
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
    status = transport_.transport().connect(transport_.raw(), 0, &request, &dial_events, user, op);
  }
  if (status == TENON_PENDING) return;
  // Closed by what connect returned, unless it was completed as well.
  if (const auto closed = transport_.ops().close(op))
    closed->on_closed(status, host::Operation::End::in_time);
}

std::uint64_t TransportPort::send(tenon_conn* conn, std::span<const tenon_bytes> spans) {
  const host::PluginScope scope(transport_.tag());
  std::uint64_t taken = 0;
  transport_.transport().send_v(conn, spans.data(), static_cast<std::uint32_t>(spans.size()), &taken);
  return taken;
}

void TransportPort::close(tenon_conn* conn, std::uint32_t flags) {
  const host::PluginScope scope(transport_.tag());
  transport_.transport().close(conn, flags);
}

tenon_status TransportPort::on_accepted(void* user, std::uint32_t, tenon_conn* conn, const tenon_peer_info*,
                                        void** ret_link) {
  const host::CoreScope scope;
  return open_connection(static_cast<TransportPort*>(user)->owner_, conn, nullptr, ret_link);
}

tenon_status TransportPort::on_dialled(void* user, std::uint32_t, tenon_conn* conn, const tenon_peer_info*,
                                       void** ret_link) {
  const host::CoreScope scope;
  const auto& dial = *static_cast<DialOperation*>(user);
  TransportPort* port = dial.port();
  return port ? open_connection(port->owner_, conn, &dial.target(), ret_link) : TENON_E_CANCELLED;
}

}  // namespace tenon::peer
