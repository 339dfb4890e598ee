#pragma once

#include <tenon/draft/transport.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "cluster/endpoint.h"
#include "host/instance.h"
#include "peer/connection.h"
#include "peer/peer_stack.h"

namespace tenon::peer {

// One address to listen on and any number to dial, over a transport plugin and maybe filters, on worker 0:
// the calls of the C ABI in the words of the core.
class TransportPort {
 public:
  // `transport` and `filters`, from the transport upwards, are active; all outlive the port. `handshake_ns`:
  // what the handshakes of the filters may take.
  TransportPort(host::Instance& transport, std::vector<host::Instance*> filters, runtime::Worker& worker,
                std::int64_t handshake_ns, ConnectionOwner& owner);
  // REQUIRES: no connection of it exists any more.
  ~TransportPort();
  TransportPort(const TransportPort&) = delete;
  TransportPort& operator=(const TransportPort&) = delete;

  // [control]
  Status listen(const std::string& address, std::uint16_t port);
  // In use. REQUIRES: listening.
  std::uint16_t port() const;
  // [worker]
  Status accept_start();
  void accept_stop();
  // Whether nothing is left with the filters, what they have of closed connections included. [worker]
  bool is_idle() const { return !stack_ || stack_->is_idle(); }
  // Behind accept_stop(): when all connections are closed that the owner knows of, those in handshakes are,
  // too.
  void end();

  // Ends in on_open, on_dial_failed or on_refused, perhaps before it returns. [worker]
  void dial(const cluster::Endpoint& endpoint, MonoNs deadline_ns);
  // As draft/transport.h. Not from inside of calls of the transport. [worker]
  std::uint64_t send(tenon_conn* conn, std::span<const tenon_bytes> spans);
  // After on_received() said that no more was wanted.
  void read_on(tenon_conn* conn);
  void close(tenon_conn* conn, std::uint32_t flags);

 private:
  class DialOperation;

  static tenon_status on_accepted(void* user, std::uint32_t worker, tenon_conn* conn,
                                  const tenon_peer_info* peer, void** ret_link);
  static tenon_status on_dialled(void* user, std::uint32_t worker, tenon_conn* conn,
                                 const tenon_peer_info* peer, void** ret_link);
  static const tenon_link_events accept_events;
  static const tenon_link_events dial_events;
  static const tenon_link_events& stacked_dial_events();

  host::Instance& transport_;
  ConnectionOwner& owner_;
  std::unique_ptr<PeerStack> stack_;  // null: no filters, the transport is called directly
  tenon_listener* handle_ = nullptr;
  // Dials that are under way look here for their port; none when it is gone.
  const std::shared_ptr<TransportPort*> self_ = std::make_shared<TransportPort*>(this);
};

}  // namespace tenon::peer
