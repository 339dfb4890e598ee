#pragma once

#include <string_view>
#include <utility>

#include "base/result.h"
#include "bin/ctl/endpoint.h"

namespace tenon::ctl {

// A connected stream socket that blocks, but never longer than `socket_patience_s` for one step. Closed by
// the destructor.
class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&&) = delete;
  ~Socket();

  // Failures: io, timed_out.
  Status send_all(std::string_view bytes);
  // Up to `size` bytes into `buffer`; 0 when the peer has ended the stream.
  Result<std::size_t> receive(char* buffer, std::size_t size);

 private:
  int fd_;
};

inline constexpr int socket_patience_s = 10;

// Failures say what could not be reached, why, and what to do: io and timed_out; denied when the socket file
// may not be opened by this user.
Result<Socket> connect_to(const Endpoint& endpoint);

}  // namespace tenon::ctl
