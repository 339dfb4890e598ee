#pragma once

#include <cstdint>
#include <span>

#include "shared_events.h"

namespace tenon::transport_tcp {

class WorkerState;

// One open link. Lives in the pool of its worker from open() to release(); small, since most links are idle.
//
// The host is told of everything through its LinkEvents, always from the event loop and never from inside a
// call of the host's. Level-triggered: what is left in the socket is reported again in the next turn.
class Conn {
 public:
  // Takes over a connected socket, tells the host, and reads from now on. TENON_OK, or why the host or the
  // system refused it; then the socket is closed and the object is back in the pool.
  tenon_status open(WorkerState& worker, int fd, const SharedEvents& events, const tenon_peer_info& peer);

  // As draft/transport.h says.
  std::uint64_t send_v(std::span<const tenon_bytes> spans);
  void set_reading(bool on);
  void close(bool flush);

  // Closes the socket without a word to the host; for the end of the worker.
  void abandon();

  bool is_open() const { return fd_ >= 0; }

 private:
  friend class ConnPool;

  enum class Sent { all, blocked, failed };
  Sent send_chunk(std::span<const tenon_bytes> chunk, std::uint64_t& taken);
  void on_event(std::uint32_t events);
  void on_failure();
  void read_input();
  void end_while_paused();
  // Changes what the reactor reports to what is wanted now.
  bool watch_again();
  void unwatch();
  // Reports `error_number` to the host soon, but not from here.
  void fail_later(int error_number);
  void report_closed(int error_number);
  void release();

  WorkerState* worker_ = nullptr;
  SharedEvents events_;
  void* link_ = nullptr;
  std::uint64_t token_ = 0;  // of the reactor, or of the timer of fail_later
  Conn* next_free_ = nullptr;
  int fd_ = -1;
  int failure_ = 0;  // set by fail_later
  bool reading_ = true;
  bool write_blocked_ = false;
};

static_assert(sizeof(Conn) <= 64, "a link costs a cache line");

}  // namespace tenon::transport_tcp
