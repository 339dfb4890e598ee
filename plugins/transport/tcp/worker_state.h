#pragma once

#include <array>
#include <memory>
#include <span>
#include <unordered_map>

#include <tenon/clock.hpp>
#include <tenon/log.hpp>
#include <tenon/reactor.hpp>
#include <tenon/timer.hpp>

#include "connect/connector.h"
#include "connect/resolver.h"
#include "counters.h"
#include "link/conn_pool.h"
#include "link/farewell.h"

namespace tenon::transport_tcp {

class TcpTransport;

// Everything of the plugin that belongs to one worker. Made and used on that worker only.
class WorkerState {
 public:
  // Throws a Failure.
  WorkerState(TcpTransport& transport, std::uint32_t index);
  // Closes what is open: pending connects end with TENON_E_CANCELLED, links without a word.
  ~WorkerState();

  std::uint32_t index() const { return index_; }
  TcpTransport& transport() { return transport_; }
  const sdk::Reactor& reactor() const;
  const sdk::Timer& timer() const;
  ConnPool& conns() { return conns_; }
  Counters& counters() { return counters_; }
  // Space whose content nobody cares for.
  std::span<std::uint8_t> scratch() { return scratch_; }

  // Opens a link on a connected socket, which it takes over; see Conn::open.
  tenon_status open_link(int fd, const SharedEvents& events, const tenon_peer_info& peer);

  // Closes a socket once what was sent has arrived; see Farewell.
  void linger(SocketFd socket) noexcept;
  void end_farewell(Farewell& farewell);

  // Begins to connect; see tenon_transport.connect.
  tenon_status connect(const tenon_connect_request& request, const sdk::LinkEvents& events, tenon_op op);
  // Ends an attempt and closes its operation.
  void end_connect(Connector& connector, tenon_status status);
  // Asks for the addresses of a name; they come to Connector::on_resolved of the attempt with this number.
  tenon_status resolve(std::uint64_t attempt, std::string_view name, std::uint16_t port);

 private:
  void on_resolved(std::uint64_t attempt, std::vector<Address> addresses);

  TcpTransport& transport_;
  const std::uint32_t index_;
  ConnPool conns_;
  Counters counters_;
  std::unique_ptr<Resolver> resolver_;  // made with the first name
  std::unordered_map<Farewell*, std::unique_ptr<Farewell>> farewells_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Connector>> connectors_;  // by attempt
  std::uint64_t last_attempt_ = 0;
  std::array<std::uint8_t, 16 * 1024> scratch_;
};

}  // namespace tenon::transport_tcp
