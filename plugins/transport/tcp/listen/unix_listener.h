#pragma once

#include <sys/types.h>

#include <string>
#include <utility>

#include "address.h"
#include "socket_fd.h"

namespace tenon::transport_tcp {

// A listening unix socket and its file, which is removed with it unless somebody has put another one there.
class UnixListener {
 public:
  UnixListener() = default;
  // Binds and listens. A file left behind by a process that is gone is replaced; one on which somebody
  // listens, or which is no socket, is an error. `mode` is the mode of the file. Throws a Failure.
  static UnixListener open(const Address& address, std::uint32_t mode, int backlog);
  UnixListener(UnixListener&&) = default;
  UnixListener& operator=(UnixListener&& other) noexcept {
    std::swap(socket_, other.socket_);
    std::swap(path_, other.path_);
    std::swap(device_, other.device_);
    std::swap(inode_, other.inode_);
    return *this;
  }
  ~UnixListener();

  const SocketFd& socket() const { return socket_; }

 private:
  SocketFd socket_;
  std::string path_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace tenon::transport_tcp
