#pragma once

#include <cstdint>
#include <utility>

#include "socket_fd.h"

namespace tenon::transport_tcp {

class WorkerState;

// A link that the host has closed with the wish that what was sent arrives. Closing a socket that holds
// unread input would reset the connection and destroy output on its way; so output is ended, input is read
// and thrown away, and the socket is closed when the peer closes too, after farewell_ns, or when the peer
// keeps talking.
class Farewell {
 public:
  static constexpr std::int64_t farewell_ns = 3'000'000'000;
  static constexpr std::uint64_t discarded_bytes_max = 1 << 20;

  Farewell(WorkerState& worker, SocketFd fd) : worker_(worker), fd_(std::move(fd)) {}
  Farewell(const Farewell&) = delete;
  ~Farewell();

  // False: there is nothing to wait for.
  bool begin();

 private:
  void on_event(std::uint32_t events);
  void on_timeout();
  // True: the peer has closed, or may not go on.
  bool discard_input();

  WorkerState& worker_;
  SocketFd fd_;
  std::uint64_t watch_token_ = 0;
  std::uint64_t timer_token_ = 0;
  std::uint64_t discarded_bytes_ = 0;
};

}  // namespace tenon::transport_tcp
