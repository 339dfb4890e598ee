#pragma once

#include <tenon/draft/transport.h>

#include <cstddef>
#include <string_view>

#include "cluster/endpoint.h"

namespace tenon::peer {

// One open connection, as the calls of the transport, or of the filters above it, reach it. On its worker.
class Connection {
 public:
  // What on_open() was given.
  virtual tenon_conn* handle() const = 0;
  // Space for incoming bytes, at least one; until on_received().
  virtual tenon_span rx_reserve() = 0;
  // False: no more is wanted until TransportPort::read_on().
  virtual bool on_received(std::size_t size_bytes) = 0;
  // After send() took less than it was given: it would take more now.
  virtual void on_writable() = 0;
  // The other side, the network or a filter closed it; its tenon_conn is gone, and no other call follows.
  // `fault`: what a filter found wrong; empty: no filter did.
  virtual void on_closed(std::string_view fault) = 0;

 protected:
  ~Connection() = default;
};

// Gets new connections. On the worker.
class ConnectionOwner {
 public:
  // `dialled`: what dial() was given; null: the connection came in. `certificate`: the subject of the one
  // that the other side has shown; empty: none was asked for. Null refuses it.
  virtual Connection* on_open(tenon_conn* conn, const cluster::Endpoint* dialled,
                              std::string_view certificate) = 0;
  virtual void on_dial_failed(const cluster::Endpoint& endpoint, tenon_status why) = 0;
  // A connection was open, and ended before the filters let it through. `from`: its address; `why`: TENON_OK
  // when the other side went by itself; `fault`: a sentence.
  virtual void on_refused(const cluster::Endpoint* dialled, std::string_view from, tenon_status why,
                          std::string_view fault) = 0;

 protected:
  ~ConnectionOwner() = default;
};

}  // namespace tenon::peer
