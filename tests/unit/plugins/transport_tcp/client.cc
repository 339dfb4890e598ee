#include "client.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace tenon::transport_tcp::testing {
namespace {

template <class Sockaddr>
int connect_to(int fd, const Sockaddr& address) {
  return ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? 0 : errno;
}

}  // namespace

Client::Client(int family) : fd_(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  EXPECT_GE(fd_, 0);
}
Client::Client(Client&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
Client::~Client() {
  close();
}

Client Client::tcp(std::uint32_t port) {
  Client client(AF_INET);
  EXPECT_EQ(client.connect_tcp(port), 0);
  return client;
}

Client Client::tcp6(std::uint32_t port) {
  Client client(AF_INET6);
  EXPECT_EQ(client.connect_tcp6(port), 0);
  return client;
}

Client Client::unix_path(const std::string& path) {
  Client client(AF_UNIX);
  EXPECT_EQ(client.connect_unix(path), 0);
  return client;
}

int Client::connect_tcp(std::uint32_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return connect_to(fd_, address);
}

int Client::connect_tcp6(std::uint32_t port) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(static_cast<std::uint16_t>(port));
  address.sin6_addr = in6addr_loopback;
  return connect_to(fd_, address);
}

int Client::connect_unix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  return connect_to(fd_, address);
}

void Client::send(const std::string& text) {
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t sent = ::send(fd_, text.data() + done, text.size() - done, MSG_NOSIGNAL);
    ASSERT_GT(sent, 0);
    done += static_cast<std::size_t>(sent);
  }
}

std::string Client::receive(std::size_t count) {
  std::string text;
  char buffer[65536];
  while (text.size() < count) {
    const ssize_t got = ::recv(fd_, buffer, std::min(sizeof buffer, count - text.size()), 0);
    if (got <= 0) break;
    text.append(buffer, static_cast<std::size_t>(got));
  }
  return text;
}

std::string Client::receive_all(bool* reset) {
  std::string text;
  char buffer[65536];
  ssize_t got;
  while ((got = ::recv(fd_, buffer, sizeof buffer, 0)) > 0)
    text.append(buffer, static_cast<std::size_t>(got));
  if (reset) *reset = got < 0 && errno == ECONNRESET;
  return text;
}

void Client::shutdown_write() {
  EXPECT_EQ(::shutdown(fd_, SHUT_WR), 0);
}

void Client::reset() {
  const linger abort{1, 0};
  EXPECT_EQ(::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &abort, sizeof abort), 0);
  close();
}

void Client::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

void Client::set_receive_buffer(int bytes) {
  EXPECT_EQ(::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes), 0);
}

std::uint32_t Client::local_port() const {
  sockaddr_storage address{};
  socklen_t len = sizeof address;
  EXPECT_EQ(::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &len), 0);
  return address.ss_family == AF_INET ? ntohs(reinterpret_cast<sockaddr_in&>(address).sin_port)
                                      : ntohs(reinterpret_cast<sockaddr_in6&>(address).sin6_port);
}

}  // namespace tenon::transport_tcp::testing
