#pragma once

#include "address.h"
#include "options.h"
#include "socket_fd.h"

namespace tenon::transport_tcp {

// Binds `count` sockets to one address and listens on each; all share the port, which `address` holds
// afterwards even when it was 0. The first one is bound alone, so that an address in use is an error and not
// shared with whoever has it. What is set here is inherited by accepted connections. Throws a Failure.
// REQUIRES: count >= 1.
std::vector<SocketFd> listen_on_inet(Address& address, bool both_families, std::uint32_t count,
                                     const Options& options, int backlog);

// The sockets for "*", every address of the machine: IPv6 that takes IPv4 too, or IPv4 alone on machines
// without IPv6. `port` as above.
std::vector<SocketFd> listen_on_all(std::uint16_t& port, std::uint32_t count, const Options& options,
                                    int backlog);

}  // namespace tenon::transport_tcp
