#include "transport/system_listener.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "transport/transport_driver.h"

namespace tenon::tools {
namespace {

constexpr std::string_view unix_prefix = "unix:";
constexpr int answer_ms = 200;  // on loopback one that is taken is answered at once
constexpr int waiting_max = 16;

union AnyAddress {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
  sockaddr_un local;
};

socklen_t fill_in(AnyAddress& address, const std::string& text) {
  std::memset(&address, 0, sizeof address);
  if (text.starts_with(unix_prefix)) {
    address.local.sun_family = AF_UNIX;
    text.copy(address.local.sun_path, sizeof address.local.sun_path - 1, unix_prefix.size());
    return sizeof address.local;
  }
  if (text.find(':') != text.npos) {
    address.v6.sin6_family = AF_INET6;
    address.v6.sin6_addr = in6addr_loopback;
    return sizeof address.v6;
  }
  address.v4.sin_family = AF_INET;
  address.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return sizeof address.v4;
}

}  // namespace

SystemListener::SystemListener(const std::string& text) {
  AnyAddress address;
  socklen_t len = fill_in(address, text);
  fd_ = ::socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool listens = fd_ >= 0 && ::bind(fd_, &address.any, len) == 0 && ::listen(fd_, 0) == 0 &&
                       ::getsockname(fd_, &address.any, &len) == 0;
  if (!listens) {
    if (fd_ >= 0) ::close(fd_);
    throw TransportFault("nobody but itself can listen on " + text);
  }
  if (address.any.sa_family == AF_INET) port_ = ntohs(address.v4.sin_port);
  if (address.any.sa_family == AF_INET6) port_ = ntohs(address.v6.sin6_port);
}

SystemListener::~SystemListener() {
  for (const int fd : waiting_) ::close(fd);
  ::close(fd_);
}

void SystemListener::fill() {
  AnyAddress address;
  const socklen_t len = fill_in(address, "127.0.0.1");
  address.v4.sin_port = htons(static_cast<std::uint16_t>(port_));
  for (int i = 0; i < waiting_max; ++i) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) break;
    waiting_.push_back(fd);
    if (::connect(fd, &address.any, len) == 0) continue;
    pollfd connected{fd, POLLOUT, 0};
    if (errno == EINPROGRESS && ::poll(&connected, 1, answer_ms) == 0) return;
  }
  throw TransportFault("a listener of the system takes more connections than it was told to");
}

}  // namespace tenon::tools
