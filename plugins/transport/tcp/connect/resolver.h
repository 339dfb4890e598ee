#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <tenon/pool.hpp>
#include <tenon/reactor.hpp>

#include "address.h"
#include "socket_fd.h"

namespace tenon::transport_tcp {

// Looks up names for one worker: on the host's pool, since the system's resolver blocks, and back by an
// event.
class Resolver {
 public:
  // Called on the worker; no addresses: the name has none.
  using Done = std::function<void(std::uint64_t asker, std::vector<Address> addresses)>;

  // Throws a Failure when the system gives no event counter.
  Resolver(const sdk::Reactor& reactor, const sdk::Pool& pool, Done done);
  // Answers still to come are dropped.
  ~Resolver();

  // TENON_OK: done is called later. TENON_E_BUSY: the pool has too much to do.
  tenon_status resolve(std::uint64_t asker, std::string name, std::uint16_t port);

 private:
  struct Answer {
    std::uint64_t asker;
    std::vector<Address> addresses;
    Answer* next = nullptr;
  };

  // Where answers wait. Shared with the jobs, which may outlive the resolver.
  struct Mailbox {
    ~Mailbox();
    // Any thread; never waits.
    void put(std::unique_ptr<Answer> answer);
    SocketFd event;
    std::atomic<Answer*> first{nullptr};
  };

  void on_event(std::uint32_t events);

  const sdk::Reactor& reactor_;
  const sdk::Pool& pool_;
  Done done_;
  std::shared_ptr<Mailbox> mailbox_;
  std::uint64_t token_ = 0;
};

}  // namespace tenon::transport_tcp
