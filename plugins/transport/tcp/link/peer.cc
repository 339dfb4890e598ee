#include "link/peer.h"

#include <sys/socket.h>

namespace tenon::transport_tcp {

tenon_peer_info peer_of(const Address& address, std::uint32_t local_port) {
  tenon_peer_info peer{};
  peer.struct_size = sizeof peer;
  peer.local_port = local_port;
  peer.unix_uid = -1;
  peer.unix_pid = -1;
  address.describe(peer);
  return peer;
}

void fill_socket_details(int fd, tenon_peer_info& peer) {
  if (peer.family == TENON_PEER_UNIX) {
    ucred process{};
    socklen_t len = sizeof process;
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &process, &len) != 0) return;
    peer.unix_uid = process.uid;
    peer.unix_pid = process.pid;
    return;
  }
  sockaddr_storage local{};
  socklen_t len = sizeof local;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&local), &len) != 0) return;
  peer.local_port = Address(reinterpret_cast<const sockaddr*>(&local), len).port();
}

}  // namespace tenon::transport_tcp
