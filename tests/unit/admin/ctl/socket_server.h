#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <functional>
#include <string>
#include <thread>

namespace tenon::ctl {

// Serves one connection after the other on a thread of its own: calls `answer` with all bytes that came so
// far, sends what it returns, and closes once it returned something; nothing is sent of `hang_up`. Ends with
// its destructor.
class SocketServer {
 public:
  static constexpr const char* hang_up = "\x15";
  using Answer = std::function<std::string(const std::string& received)>;

  // On a unix socket, or with an empty path on a port of 127.0.0.1.
  SocketServer(const std::string& unix_path, Answer answer) : answer_(std::move(answer)) {
    unix_path.empty() ? listen_tcp() : listen_unix(unix_path);
    listen(fd_, 8);
    thread_ = std::thread([this] { serve(); });
  }
  ~SocketServer() {
    shutdown(fd_, SHUT_RDWR);  // ends accept
    thread_.join();
    close(fd_);
  }

  std::string http_endpoint() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  void listen_unix(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    fd_ = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) std::abort();
  }

  void listen_tcp() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    fd_ = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) std::abort();
    socklen_t size = sizeof address;
    getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }

  void serve() {
    for (int peer; (peer = accept(fd_, nullptr, nullptr)) >= 0;) {
      converse(peer);
      close(peer);
    }
  }

  void converse(int peer) {
    std::string received;
    std::array<char, 4096> buffer;
    for (ssize_t n; (n = recv(peer, buffer.data(), buffer.size(), 0)) > 0;) {
      received.append(buffer.data(), static_cast<std::size_t>(n));
      const std::string reply = answer_(received);
      if (reply.empty()) continue;
      if (reply != hang_up) send(peer, reply.data(), reply.size(), MSG_NOSIGNAL);
      return;
    }
  }

  const Answer answer_;
  int fd_ = -1;
  int port_ = 0;
  std::thread thread_;
};

}  // namespace tenon::ctl
