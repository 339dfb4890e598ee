#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "broker/events/event_bus.h"
#include "host/plugin_host.h"
#include "observe/log/log.h"

namespace tenon::node {

// The plugins of kind events: each has a queue and a thread of its own, on which it is given what waits
// there. On the control thread, unless said otherwise.
class Observers {
 public:
  // What one is given at a time, if it does not ask for less.
  static constexpr std::size_t batch_count_max = 256;
  // Between two tries to give the same events.
  static constexpr std::chrono::milliseconds pause_min{100};
  static constexpr std::chrono::milliseconds pause_max{10'000};

  explicit Observers(observe::Log& log);
  ~Observers();
  Observers(const Observers&) = delete;
  Observers& operator=(const Observers&) = delete;

  // Before the workers run; `instance` is active, and outlives this.
  Status add(host::Instance& instance, std::size_t queue_bytes_max);
  // Behind each change of its options. One that can't say what it wishes to see goes on as before.
  void look_at_wishes(const std::string& name);
  // Lets them have what waits, for so long at most, and ends the threads behind the calls that run. May be
  // repeated.
  void stop(std::chrono::milliseconds time_max);

  const broker::EventBus& bus() const { return bus_; }
  bool empty() const { return observers_.empty(); }

  struct Counts {
    std::uint64_t delivered = 0;  // events, as are the next two
    std::uint64_t dropped = 0;
    std::uint64_t failed = 0;
    std::uint64_t queue_bytes = 0;
  };
  std::vector<std::string> names() const;
  // Any thread. REQUIRES: one of names().
  Counts counts(const std::string& name) const;

 private:
  class Observer;

  Observer* find(const std::string& name) const;
  void run(Observer& observer);

  observe::Log& log_;
  std::vector<std::unique_ptr<Observer>> observers_;
  broker::EventBus bus_;
  std::mutex mutex_;
  std::condition_variable ended_;
  std::size_t running_ = 0;  // threads; guarded by mutex_
};

}  // namespace tenon::node
