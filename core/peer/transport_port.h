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

namespace tenon::peer {

// One open connection, as the transport's calls reach it. On its worker.
class Connection {
 public:
  // Space for incoming bytes, at least one; until on_received().
  virtual tenon_span rx_reserve() = 0;
  virtual void on_received(std::size_t size_bytes) = 0;
  // After send() took less than it was given: it would take more now.
  virtual void on_writable() = 0;
  // The other side or the network closed it; its tenon_conn is gone, and no other call follows.
  virtual void on_closed() = 0;

 protected:
  ~Connection() = default;
};

// Gets new connections. On the worker.
class ConnectionOwner {
 public:
  // `dialled`: what dial() was given; null: the connection came in. Null refuses it.
  virtual Connection* on_open(tenon_conn* conn, const cluster::Endpoint* dialled) = 0;
  virtual void on_dial_failed(const cluster::Endpoint& endpoint, tenon_status why) = 0;

 protected:
  ~ConnectionOwner() = default;
};

// One address to listen on and any number to dial, over a transport plugin, on worker 0: the calls of the C
// ABI in the words of the core.
class TransportPort {
 public:
  // `transport` is active; both outlive the port.
  TransportPort(host::Instance& transport, ConnectionOwner& owner);
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

  // Ends in on_open or on_dial_failed, perhaps before it returns. [worker]
  void dial(const cluster::Endpoint& endpoint, MonoNs deadline_ns);
  // As draft/transport.h. Not from inside of calls of the transport. [worker]
  std::uint64_t send(tenon_conn* conn, std::span<const tenon_bytes> spans);
  void close(tenon_conn* conn, std::uint32_t flags);

 private:
  class DialOperation;

  static tenon_status on_accepted(void* user, std::uint32_t worker, tenon_conn* conn,
                                  const tenon_peer_info* peer, void** ret_link);
  static tenon_status on_dialled(void* user, std::uint32_t worker, tenon_conn* conn,
                                 const tenon_peer_info* peer, void** ret_link);
  static const tenon_link_events accept_events;
  static const tenon_link_events dial_events;

  host::Instance& transport_;
  ConnectionOwner& owner_;
  tenon_listener* handle_ = nullptr;
  // Dials that are under way look here for their port; none when it is gone.
  const std::shared_ptr<TransportPort*> self_ = std::make_shared<TransportPort*>(this);
};

}  // namespace tenon::peer
