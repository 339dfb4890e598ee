#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "store/request.h"

namespace tenon::store {

// A ticket says which worker waits.
constexpr Ticket ticket_of(std::uint32_t worker, std::uint64_t number) {
  return Ticket{std::uint64_t{worker} << 48 | number};
}
constexpr std::uint32_t worker_of(Ticket ticket) {
  return static_cast<std::uint32_t>(static_cast<std::uint64_t>(ticket) >> 48);
}
constexpr std::uint64_t number_of(Ticket ticket) {
  return static_cast<std::uint64_t>(ticket) & ((std::uint64_t{1} << 48) - 1);
}

struct FinishedRequest {
  Ticket ticket = Ticket::none;
  Answer answer;
};

// What of the store's side concerns workers. Called on the store thread; must not block.
class GateListener {
 public:
  // Answers for one worker, which are to be brought there.
  virtual void answers(std::uint32_t worker, std::vector<FinishedRequest>&& finished) = 0;
  // As KeeperPorts. Behind the answers to what was applied before: whoever is attached by one of them misses
  // none that is for him.
  virtual void noticed(std::string_view text) = 0;
  // Notices may have been lost: another replica leads a range of sessions, or a link to a node is gone, or up
  // again.
  virtual void notices_lost() = 0;

 protected:
  ~GateListener() = default;
};

// The workers' way to the store thread.
class Gate {
 public:
  // Requests of one turn, in their order. Any thread. After the store thread has stopped, they are dropped.
  virtual void submit(std::vector<Request>&& requests) = 0;
  // More than it should be waits there: publishers are to be held. Any thread.
  virtual bool congested() const = 0;

 protected:
  ~Gate() = default;
};

}  // namespace tenon::store
