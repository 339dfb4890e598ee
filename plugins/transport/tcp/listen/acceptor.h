#pragma once

#include <cstdint>

#include "shared_events.h"

namespace tenon::transport_tcp {

class WorkerState;

// Accepts the connections of one listening socket on one worker, from construction to destruction.
class Acceptor {
 public:
  // `batch_max`: connections accepted in one turn. `fd` stays the listener's. Throws a Failure.
  Acceptor(WorkerState& worker, int fd, const sdk::LinkEvents& events, std::uint32_t local_port,
           std::uint32_t batch_max);
  Acceptor(const Acceptor&) = delete;
  ~Acceptor();

  // Accepts what waits now.
  void accept_waiting();

 private:
  enum class Outcome { accepted, skipped, none_waits, exhausted };

  void on_event(std::uint32_t events);
  void on_resume();
  Outcome accept_one();
  Outcome outcome_of_failure(int error_number);
  // Accepts nothing for a while: without free descriptors the socket would be reported in every turn.
  void pause(int error_number);

  WorkerState& worker_;
  const int fd_;
  SharedEvents events_;
  const std::uint32_t local_port_;
  const std::uint32_t batch_max_;
  std::uint64_t watch_token_ = 0;
  std::uint64_t timer_token_ = 0;
  bool complained_ = false;  // since the last connection that could be accepted
};

}  // namespace tenon::transport_tcp
