#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace tenon::http::test {

// A service on 127.0.0.1 that does what it is told with the one connection that it takes, on a thread of its
// own, and closes it then.
class Peer {
 public:
  using Serve = std::function<void(int fd)>;

  explicit Peer(Serve serve) : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address_;
    auto* address = reinterpret_cast<sockaddr*>(&address_);
    if (::bind(listener_, address, size) != 0 || ::listen(listener_, 0) != 0 ||
        ::getsockname(listener_, address, &size) != 0)
      throw std::runtime_error("no listener");
    if (!serve) return;
    thread_ = std::thread([this, serve = std::move(serve)] {
      const int fd = ::accept(listener_, nullptr, nullptr);
      if (fd < 0) return;
      serve(fd);
      ::close(fd);
    });
  }
  ~Peer() {
    ::shutdown(listener_, SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
    ::close(listener_);
  }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  std::string port() const { return std::to_string(ntohs(address_.sin_port)); }
  sockaddr* address() { return reinterpret_cast<sockaddr*>(&address_); }

  static void send(int fd, std::string_view text) { ::send(fd, text.data(), text.size(), MSG_NOSIGNAL); }
  // What has come so far; waits for something.
  static std::string receive(int fd) {
    char block[4096];
    const ssize_t got = ::recv(fd, block, sizeof block, 0);
    return {block, static_cast<std::size_t>(got < 0 ? 0 : got)};
  }

 private:
  int listener_;
  sockaddr_in address_{};
  std::thread thread_;
};

}  // namespace tenon::http::test
