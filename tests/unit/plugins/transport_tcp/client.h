#pragma once

#include <cstdint>
#include <string>

namespace tenon::transport_tcp::testing {

// A plain blocking socket on the test's thread: the other end of a link.
class Client {
 public:
  // A socket of this family, not connected.
  explicit Client(int family);
  Client(Client&& other) noexcept;
  ~Client();

  static Client tcp(std::uint32_t port);
  static Client tcp6(std::uint32_t port);
  static Client unix_path(const std::string& path);

  // 0, or errno.
  int connect_tcp(std::uint32_t port);
  int connect_tcp6(std::uint32_t port);
  int connect_unix(const std::string& path);

  void send(const std::string& text);
  // Exactly `count` bytes, or fewer when the stream ends before.
  std::string receive(std::size_t count);
  // Everything up to the end of the stream; `reset` tells whether it ended by a reset.
  std::string receive_all(bool* reset = nullptr);
  void shutdown_write();
  // Closes with a reset instead of an end of stream.
  void reset();
  void close();
  void set_receive_buffer(int bytes);
  std::uint32_t local_port() const;
  int fd() const { return fd_; }

 private:
  int fd_;
};

}  // namespace tenon::transport_tcp::testing
