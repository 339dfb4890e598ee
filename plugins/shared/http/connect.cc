#include "shared/http/connect.h"

#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

#include <tenon/failure.hpp>

namespace tenon::http {

namespace {

using Clock = std::chrono::steady_clock;

class Socket {
 public:
  explicit Socket(int family) : fd_(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    if (fd_ < 0) throw sdk::Failure(TENON_E_IO, std::string("socket: ") + std::strerror(errno));
  }
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  int fd() const { return fd_; }
  int take() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

int connect_one(const addrinfo& address, Deadline deadline) {
  Socket socket(address.ai_family);
  int error = 0;
  if (::connect(socket.fd(), address.ai_addr, address.ai_addrlen) != 0) error = errno;
  if (error == EINPROGRESS) {
    wait_for(socket.fd(), POLLOUT, deadline);
    socklen_t size = sizeof error;
    ::getsockopt(socket.fd(), SOL_SOCKET, SO_ERROR, &error, &size);
  }
  if (error != 0) throw sdk::Failure(TENON_E_IO, std::strerror(error));
  const int on = 1;
  ::setsockopt(socket.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return socket.take();
}

}  // namespace

void check_time(Deadline deadline) {
  if (Clock::now() >= deadline) throw sdk::Failure(TENON_E_TIMEOUT, "the service took too long");
}

void wait_for(int fd, short events, Deadline deadline) {
  for (;;) {
    check_time(deadline);
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    pollfd poll{fd, events, 0};
    const int count = ::poll(&poll, 1, static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000)));
    if (count > 0) return;
    if (count < 0 && errno != EINTR)
      throw sdk::Failure(TENON_E_IO, std::string("poll: ") + std::strerror(errno));
  }
}

int connect_any(const addrinfo* first, const std::string& name, Deadline deadline) {
  std::int64_t count = 0;
  for (const addrinfo* one = first; one; one = one->ai_next) ++count;
  for (const addrinfo* one = first;; one = one->ai_next, --count) {
    const auto now = Clock::now();
    try {
      return connect_one(*one, now + (deadline - now) / count);
    } catch (const sdk::Failure& failure) {
      if (one->ai_next && Clock::now() < deadline) continue;
      throw sdk::Failure(failure.status(), name + ": " + failure.what());
    }
  }
}

}  // namespace tenon::http
