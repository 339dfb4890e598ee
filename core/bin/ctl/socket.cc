#include "bin/ctl/socket.h"

#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string>

namespace tenon::ctl {

namespace {

// "refused" is clearer than the system's "Connection refused" for a socket file that is not there.
std::string reason_text(int error) {
  if (error == ENOENT) return "there is no such socket";
  if (error == ECONNREFUSED) return "connection refused";
  if (error == EAGAIN || error == EWOULDBLOCK || error == ETIMEDOUT || error == EINPROGRESS)
    return "no answer within " + std::to_string(socket_patience_s) + " s";
  return std::strerror(error);
}

Error unreachable(const Endpoint& endpoint, const std::string& reason) {
  return {Errc::io, "can't reach the broker at " + endpoint.to_string() + ": " + reason +
                        "; is it running? --endpoint names another place"};
}

Error connect_error(const Endpoint& endpoint, int error) {
  if (error != EACCES && error != EPERM) return unreachable(endpoint, reason_text(error));
  return {Errc::denied,
          "may not open " + endpoint.to_string() +
              "; run tenonctl as root or as the broker's user, or use --endpoint http://127.0.0.1:" +
              std::string(default_api_port) + " with --token-file"};
}

Error stream_error(int error) {
  const bool late = error == EAGAIN || error == EWOULDBLOCK;
  return {late ? Errc::timed_out : Errc::io, "the broker did not answer: " + reason_text(error)};
}

int open_socket(int family) {
  const int fd = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  const timeval patience{socket_patience_s, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  return fd;
}

// Sets errno on failure.
int connect_socket(int family, const sockaddr* address, socklen_t size) {
  const int fd = open_socket(family);
  if (fd < 0 || ::connect(fd, address, size) == 0) return fd;
  const int error = errno;
  ::close(fd);
  errno = error;
  return -1;
}

Result<Socket> connect_unix(const Endpoint& endpoint) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (endpoint.path.size() >= sizeof address.sun_path)
    return Error{Errc::invalid, "the path of the socket is too long for this system: " + endpoint.path};
  std::memcpy(address.sun_path, endpoint.path.c_str(), endpoint.path.size() + 1);
  const int fd = connect_socket(AF_UNIX, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  if (fd < 0) return connect_error(endpoint, errno);
  return Socket(fd);
}

Result<Socket> connect_tcp(const Endpoint& endpoint) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(endpoint.host.c_str(), endpoint.port.c_str(), &hints, &found);
      error != 0)
    return unreachable(endpoint, ::gai_strerror(error));
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> addresses(found, ::freeaddrinfo);
  for (const addrinfo* at = found; at; at = at->ai_next) {
    const int fd = connect_socket(at->ai_family, at->ai_addr, at->ai_addrlen);
    if (fd >= 0) return Socket(fd);
  }
  return connect_error(endpoint, errno);
}

}  // namespace

Socket::~Socket() {
  if (fd_ >= 0) ::close(fd_);
}

Status Socket::send_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return stream_error(errno);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

Result<std::size_t> Socket::receive(char* buffer, std::size_t size) {
  for (;;) {
    const ssize_t n = ::recv(fd_, buffer, size, 0);
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno != EINTR) return stream_error(errno);
  }
}

Result<Socket> connect_to(const Endpoint& endpoint) {
  return endpoint.kind == Endpoint::Kind::unix_socket ? connect_unix(endpoint) : connect_tcp(endpoint);
}

}  // namespace tenon::ctl
