#pragma once

#include <memory>
#include <vector>

#include "listen/acceptor.h"
#include "listen/unix_listener.h"

namespace tenon::transport_tcp {

class TcpTransport;
struct Options;

// What one listen() has bound: the sockets of all its addresses, and who accepts from them on which worker.
class Listener {
 public:
  // Binds and listens; accepts nothing yet. Throws a Failure.
  Listener(TcpTransport& transport, const tenon_listen_request& request, const sdk::LinkEvents& events);

  // [setup] The port in use, 0 with a unix socket.
  std::uint32_t port() const { return port_; }
  // [worker] Accepts there from now on. Throws a Failure.
  void accept_start(std::uint32_t worker);
  // [worker] Accepts what waits, and then no more.
  void accept_stop(std::uint32_t worker);

 private:
  // The sockets of one address: one per worker, or one for all.
  using Sockets = std::vector<SocketFd>;

  void listen_on_path(const Address& address, const Options& options, int backlog);
  void listen_on_text(std::string_view text, const Options& options, int backlog);
  void listen_on_name(std::string_view name, const Options& options, int backlog);
  bool try_addresses(std::vector<Address>& addresses, const Options& options, int backlog);
  std::uint32_t sockets_per_address(const Options& options) const;
  void add_acceptor(std::uint32_t worker, int fd, bool shared);

  TcpTransport& transport_;
  const sdk::LinkEvents events_;
  const std::uint32_t worker_count_;
  std::uint32_t port_;
  std::vector<Sockets> addresses_;
  UnixListener unix_;
  std::vector<std::vector<std::unique_ptr<Acceptor>>>
      acceptors_;  // by worker, whose thread alone touches them
};

}  // namespace tenon::transport_tcp
