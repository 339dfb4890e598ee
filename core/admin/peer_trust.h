#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace tenon::admin {

// What a peer of the API may do without showing a token, from least to most.
enum class PeerTrust : std::uint8_t {
  remote,    // another machine: /healthz only
  loopback,  // this machine: also /readyz and /metrics
  owner,     // root, or the broker's own user, through the unix socket: everything
};

// By the network address in network byte order, 4 or 16 bytes; anything else is remote.
PeerTrust trust_of_ip_peer(Bytes address);

// By the user id of the process at the other end, negative when it is unknown. Others that the socket file's
// mode lets in count as loopback.
PeerTrust trust_of_unix_peer(std::int64_t peer_uid, std::uint32_t own_uid);

}  // namespace tenon::admin
