#pragma once

#include <tenon/draft/transport.h>

#include "address.h"

namespace tenon::transport_tcp {

// Who is at `address`, with nothing known of a process.
tenon_peer_info peer_of(const Address& address, std::uint32_t local_port);

// Asks the system for what the address does not tell: the local port, or the process behind a unix socket.
void fill_socket_details(int fd, tenon_peer_info& peer);

}  // namespace tenon::transport_tcp
