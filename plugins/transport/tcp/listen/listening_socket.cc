#include "listen/listening_socket.h"

#include <netinet/tcp.h>

#include <cerrno>

#include "status.h"

namespace tenon::transport_tcp {
namespace {

void set_option(const SocketFd& socket, int level, int name, int value, const char* text) {
  if (::setsockopt(socket.get(), level, name, &value, sizeof value) == 0) return;
  throw system_failure(TENON_E_IO, std::string("set ") + text + " of a listening socket", errno);
}

const char* hint_for(int error_number) {
  switch (error_number) {
    case EADDRINUSE:
      return " (another program, or another broker, listens there)";
    case EADDRNOTAVAIL:
      return " (no interface of this machine has that address)";
    case EACCES:
      return " (ports below 1024 need a privilege)";
    default:
      return "";
  }
}

[[noreturn]] void throw_listen_failure(const Address& address, int error_number) {
  throw system_failure(TENON_E_ADDRESS, "listen on " + address.text() + hint_for(error_number), error_number);
}

SocketFd open_configured(const Address& address, bool both_families, const Options& options) {
  SocketFd socket(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) throw_listen_failure(address, errno);
  set_option(socket, SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR");
  if (address.family() == AF_INET6) {
    set_option(socket, IPPROTO_IPV6, IPV6_V6ONLY, both_families ? 0 : 1, "IPV6_V6ONLY");
  }
  if (options.nodelay) set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1, "TCP_NODELAY");
  if (options.send_buffer_bytes > 0) {
    set_option(socket, SOL_SOCKET, SO_SNDBUF, options.send_buffer_bytes, "SO_SNDBUF");
  }
  if (options.receive_buffer_bytes > 0) {
    set_option(socket, SOL_SOCKET, SO_RCVBUF, options.receive_buffer_bytes, "SO_RCVBUF");
  }
  return socket;
}

void bind_socket(const SocketFd& socket, Address& address) {
  if (::bind(socket.get(), address.get(), address.size()) != 0) throw_listen_failure(address, errno);
  if (address.port() != 0) return;
  sockaddr_storage bound{};
  socklen_t len = sizeof bound;
  ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&bound), &len);
  address.set_port(Address(reinterpret_cast<const sockaddr*>(&bound), len).port());
}

}  // namespace

std::vector<SocketFd> listen_on_inet(Address& address, bool both_families, std::uint32_t count,
                                     const Options& options, int backlog) {
  std::vector<SocketFd> sockets;
  for (std::uint32_t i = 0; i < count; ++i) {
    sockets.push_back(open_configured(address, both_families, options));
    const SocketFd& socket = sockets.back();
    const bool alone = i == 0;
    if (!alone) set_option(socket, SOL_SOCKET, SO_REUSEPORT, 1, "SO_REUSEPORT");
    bind_socket(socket, address);
    if (alone && count > 1) set_option(socket, SOL_SOCKET, SO_REUSEPORT, 1, "SO_REUSEPORT");
    if (::listen(socket.get(), backlog) != 0) throw_listen_failure(address, errno);
  }
  return sockets;
}

std::vector<SocketFd> listen_on_all(std::uint16_t& port, std::uint32_t count, const Options& options,
                                    int backlog) {
  const auto listen_on = [&](const char* any, bool both_families) {
    Address address = *numeric_address(any, port);
    auto sockets = listen_on_inet(address, both_families, count, options, backlog);
    port = address.port();
    return sockets;
  };
  try {
    return listen_on("::", true);
  } catch (const sdk::Failure& failure) {
    const bool no_ipv6 = failure.native_errno() == EAFNOSUPPORT || failure.native_errno() == EADDRNOTAVAIL;
    if (!no_ipv6) throw;
  }
  return listen_on("0.0.0.0", false);
}

}  // namespace tenon::transport_tcp
