#include "listen/listener.h"

#include <algorithm>
#include <cerrno>

#include "listen/listening_socket.h"
#include "tcp_transport.h"

namespace tenon::transport_tcp {
namespace {

constexpr std::uint32_t accepts_per_event_max = 64;

bool is_absent_here(const sdk::Failure& failure) {
  return failure.native_errno() == EADDRNOTAVAIL || failure.native_errno() == EAFNOSUPPORT;
}

}  // namespace

Listener::Listener(TcpTransport& transport, const tenon_listen_request& request,
                   const sdk::LinkEvents& events)
    : transport_(transport),
      events_(events),
      worker_count_(std::max(request.worker_count, 1u)),
      port_(request.port),
      acceptors_(worker_count_) {
  const std::string_view text = sdk::text_of(request.address);
  const Options& options = transport.options();
  const auto backlog = static_cast<int>(request.backlog != 0 ? request.backlog : options.backlog);
  if (port_ > UINT16_MAX) {
    throw sdk::Failure(TENON_E_ADDRESS, "a port is 0 to 65535, not " + std::to_string(port_));
  }
  if (text.starts_with(unix_prefix)) {
    listen_on_path(unix_address(text), options, backlog);
  } else {
    listen_on_text(text, options, backlog);
  }
}

std::uint32_t Listener::sockets_per_address(const Options& options) const {
  return options.reuse_port ? worker_count_ : 1;
}

void Listener::listen_on_path(const Address& address, const Options& options, int backlog) {
  unix_ = UnixListener::open(address, options.unix_mode, backlog);
  port_ = 0;
}

void Listener::listen_on_text(std::string_view text, const Options& options, int backlog) {
  auto port = static_cast<std::uint16_t>(port_);
  const std::uint32_t count = sockets_per_address(options);
  if (text == "*") {
    addresses_.push_back(listen_on_all(port, count, options, backlog));
    port_ = port;
  } else if (auto address = numeric_address(text, port)) {
    addresses_.push_back(listen_on_inet(*address, false, count, options, backlog));
    port_ = address->port();
  } else {
    listen_on_name(text, options, backlog);
  }
}

void Listener::listen_on_name(std::string_view name, const Options& options, int backlog) {
  // With port 0 the first address chooses a port, which another program may hold at the next one: then again.
  constexpr int choices_max = 16;
  std::vector<Address> addresses = resolve_name(name, static_cast<std::uint16_t>(port_));
  for (int choice = 1; !try_addresses(addresses, options, backlog); ++choice) {
    if (choice == choices_max) {
      throw sdk::Failure(TENON_E_ADDRESS,
                         "no port is free on all addresses of \"" + std::string(name) + "\"");
    }
  }
}

bool Listener::try_addresses(std::vector<Address>& addresses, const Options& options, int backlog) {
  addresses_.clear();
  std::uint16_t chosen_port = static_cast<std::uint16_t>(port_);
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    Address address = addresses[i];
    address.set_port(chosen_port);
    try {
      addresses_.push_back(listen_on_inet(address, false, sockets_per_address(options), options, backlog));
      chosen_port = address.port();
    } catch (const sdk::Failure& failure) {
      const bool last_hope = i + 1 == addresses.size() && addresses_.empty();
      const bool port_was_chosen = port_ == 0 && chosen_port != 0;
      if (failure.native_errno() == EADDRINUSE && port_was_chosen) return false;
      // A name may have addresses of a family that this machine lacks.
      if (!is_absent_here(failure) || last_hope) throw;
    }
  }
  port_ = chosen_port;
  return true;
}

void Listener::accept_start(std::uint32_t worker) {
  if (worker >= worker_count_) {
    throw sdk::Failure(TENON_E_INVALID,
                       "the listener was made for " + std::to_string(worker_count_) + " workers");
  }
  if (!acceptors_[worker].empty()) return;
  try {
    for (const Sockets& sockets : addresses_) {
      const bool shared = sockets.size() == 1;
      add_acceptor(worker, sockets[shared ? 0 : worker].get(), shared);
    }
    if (unix_.socket()) add_acceptor(worker, unix_.socket().get(), true);
  } catch (...) {
    acceptors_[worker].clear();
    throw;
  }
}

void Listener::add_acceptor(std::uint32_t worker, int fd, bool shared) {
  // Workers that share a socket take connections one by one, so that the first to wake does not take them
  // all.
  const std::uint32_t batch_max = shared && worker_count_ > 1 ? 1 : accepts_per_event_max;
  acceptors_[worker].push_back(
      std::make_unique<Acceptor>(transport_.worker(worker), fd, events_, port_, batch_max));
}

void Listener::accept_stop(std::uint32_t worker) {
  if (worker >= worker_count_) return;
  for (const auto& acceptor : acceptors_[worker]) acceptor->accept_waiting();
  acceptors_[worker].clear();
}

}  // namespace tenon::transport_tcp
