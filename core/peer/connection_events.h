#pragma once

#include "host/watch/breadcrumb.h"
#include "peer/connection.h"

namespace tenon::peer {

// The calls of tenon_link_events in the words of Connection; `link` is one. On its worker.
struct ConnectionEvents {
  static tenon_status open(ConnectionOwner& owner, tenon_conn* conn, const cluster::Endpoint* dialled,
                           std::string_view certificate, void** ret_link) {
    Connection* connection = owner.on_open(conn, dialled, certificate);
    if (!connection) return TENON_E_BUSY;
    *ret_link = connection;
    return TENON_OK;
  }
  static tenon_span rx_reserve(void* link) { return static_cast<Connection*>(link)->rx_reserve(); }
  static tenon_status rx_commit(void* link, std::uint64_t len) {
    const host::CoreScope scope;
    if (len == 0) return TENON_OK;
    return static_cast<Connection*>(link)->on_received(len) ? TENON_OK : TENON_AGAIN;
  }
  static void on_writable(void* link) {
    const host::CoreScope scope;
    static_cast<Connection*>(link)->on_writable();
  }
  static void on_closed(void* link, tenon_status, std::int32_t) {
    const host::CoreScope scope;
    static_cast<Connection*>(link)->on_closed({});
  }
};

}  // namespace tenon::peer
