#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <tenon/draft/transport.h>

#include "address.h"
#include "shared_events.h"
#include "socket_fd.h"

namespace tenon::transport_tcp {

class WorkerState;

// One link being opened to another node: looks up the name, then tries its addresses one after the other,
// giving each its share of the time that is left. Ends in WorkerState::end_connect, which destroys it.
class Connector {
 public:
  Connector(WorkerState& worker, std::uint64_t attempt, SharedEvents events, tenon_op op,
            std::int64_t deadline_mono_ns);
  Connector(const Connector&) = delete;
  ~Connector();

  // TENON_PENDING: the operation will be closed. Else it has failed at once, nothing was told to anybody, and
  // the object is to be destroyed.
  tenon_status begin(std::string_view address, std::uint32_t port);
  void on_resolved(std::vector<Address> addresses);

  std::uint64_t attempt() const { return attempt_; }
  tenon_op op() const { return op_; }

 private:
  // Tries the addresses from `next_` on. TENON_PENDING, or the failure of the last one.
  tenon_status try_next();
  tenon_status try_address(const Address& address);
  void configure(const Address& address);
  void on_event(std::uint32_t events);
  void on_timeout();
  void connected();
  void stop_waiting();
  tenon_status start_timer(std::int64_t delay_ns);
  std::int64_t left_ns() const;

  WorkerState& worker_;
  const std::uint64_t attempt_;
  SharedEvents events_;
  const tenon_op op_;
  const std::int64_t deadline_mono_ns_;
  std::vector<Address> addresses_;
  std::size_t next_ = 0;
  tenon_status last_failure_ = TENON_E_ADDRESS;
  SocketFd socket_;
  std::uint64_t watch_token_ = 0;
  std::uint64_t timer_token_ = 0;
};

}  // namespace tenon::transport_tcp
