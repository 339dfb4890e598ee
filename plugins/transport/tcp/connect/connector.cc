#include "connect/connector.h"

#include <netinet/tcp.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include <tenon/callback.hpp>

#include "link/peer.h"
#include "status.h"
#include "tcp_transport.h"
#include "worker_state.h"

namespace tenon::transport_tcp {

Connector::Connector(WorkerState& worker, std::uint64_t attempt, SharedEvents events, tenon_op op,
                     std::int64_t deadline_mono_ns)
    : worker_(worker),
      attempt_(attempt),
      events_(std::move(events)),
      op_(op),
      deadline_mono_ns_(deadline_mono_ns) {}

Connector::~Connector() {
  stop_waiting();
}

std::int64_t Connector::left_ns() const {
  return deadline_mono_ns_ - worker_.transport().clock().mono_ns();
}

tenon_status Connector::begin(std::string_view text, std::uint32_t port) {
  if (port > UINT16_MAX) return TENON_E_ADDRESS;
  if (left_ns() <= 0) return TENON_E_TIMEOUT;
  const auto short_port = static_cast<std::uint16_t>(port);
  if (text.starts_with(unix_prefix)) {
    addresses_.push_back(unix_address(text));
  } else if (const auto numeric = numeric_address(text, short_port)) {
    addresses_.push_back(*numeric);
  } else {
    const tenon_status asked = worker_.resolve(attempt_, text, short_port);
    if (asked != TENON_OK) return asked;
    const tenon_status timed = start_timer(left_ns());
    return timed == TENON_OK ? TENON_PENDING : timed;
  }
  return try_next();
}

void Connector::on_resolved(std::vector<Address> addresses) {
  stop_waiting();
  addresses_ = std::move(addresses);
  const tenon_status status = try_next();
  if (status != TENON_PENDING) worker_.end_connect(*this, status);
}

tenon_status Connector::try_next() {
  while (next_ < addresses_.size()) {
    if (left_ns() <= 0) return TENON_E_TIMEOUT;
    last_failure_ = try_address(addresses_[next_++]);
    if (last_failure_ == TENON_PENDING) return TENON_PENDING;
    stop_waiting();
  }
  return last_failure_;
}

tenon_status Connector::try_address(const Address& address) {
  socket_ = SocketFd(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket_) return connect_status(errno);
  configure(address);
  const int connected = ::connect(socket_.get(), address.get(), address.size());
  if (connected != 0 && errno != EINPROGRESS && errno != EINTR) return connect_status(errno);
  // An immediate success is reported by the event loop, too: the host hears nothing from inside its own call.
  const tenon_status watched = worker_.reactor().add(
      socket_.get(), TENON_FD_WRITE, sdk::callback<&Connector::on_event>, this, &watch_token_);
  if (watched != TENON_OK) return watched;
  const auto tries_left = static_cast<std::int64_t>(addresses_.size() - next_ + 1);
  const tenon_status timed = start_timer(left_ns() / tries_left);
  return timed == TENON_OK ? TENON_PENDING : timed;
}

void Connector::configure(const Address& address) {
  const Options& options = worker_.transport().options();
  const auto set = [this](int level, int name, int value) {
    ::setsockopt(socket_.get(), level, name, &value, sizeof value);
  };
  if (!address.is_unix() && options.nodelay) set(IPPROTO_TCP, TCP_NODELAY, 1);
  if (options.send_buffer_bytes > 0) set(SOL_SOCKET, SO_SNDBUF, options.send_buffer_bytes);
  if (options.receive_buffer_bytes > 0) set(SOL_SOCKET, SO_RCVBUF, options.receive_buffer_bytes);
}

void Connector::on_event(std::uint32_t) {
  int error_number = 0;
  socklen_t len = sizeof error_number;
  ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error_number, &len);
  stop_waiting();
  if (error_number == 0) {
    connected();
    return;
  }
  last_failure_ = connect_status(error_number);
  const tenon_status status = try_next();
  if (status != TENON_PENDING) worker_.end_connect(*this, status);
}

void Connector::on_timeout() {
  timer_token_ = 0;
  stop_waiting();
  last_failure_ = TENON_E_TIMEOUT;
  const tenon_status status = try_next();
  if (status != TENON_PENDING) worker_.end_connect(*this, status);
}

void Connector::connected() {
  tenon_peer_info peer = peer_of(addresses_[next_ - 1], 0);
  fill_socket_details(socket_.get(), peer);
  const tenon_status opened = worker_.open_link(socket_.release(), events_, peer);
  worker_.end_connect(*this, opened);
}

void Connector::stop_waiting() {
  if (const auto token = std::exchange(watch_token_, 0); token != 0) worker_.reactor().remove(token);
  if (const auto token = std::exchange(timer_token_, 0); token != 0) worker_.timer().cancel(token);
}

tenon_status Connector::start_timer(std::int64_t delay_ns) {
  return worker_.timer().start(delay_ns, sdk::callback<&Connector::on_timeout>, this, &timer_token_);
}

}  // namespace tenon::transport_tcp
