#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "observe/log/log.h"
#include "runtime/process/service_notify.h"

namespace tenon::node {

// What the service manager is told of the node: its state, one line for people, and that it is alive. Without
// a manager nothing happens. On the control thread, but for answered().
//
// Alive is a node whose loops all turn: each is asked, and the manager hears of the node only when all have
// answered. A loop that hangs thus lets the manager's patience end, which restarts the node.
class ServiceState {
 public:
  // Both outlive this.
  ServiceState(const Clock& clock, observe::Log& log) : clock_(clock), log_(log) {}

  void ready(const std::string& line);
  // Around a reload. The manager hears of one only between ready() and stopping(): its end is told as
  // ready().
  void reloading();
  void reloaded();
  void stopping(const std::string& line);
  // Told when it differs from what was told last.
  void show(const std::string& line);

  // How often beat() is to be called; 0: the manager does not watch.
  std::int64_t beat_ns() const;
  // The loops that are asked, by names for the log. Once, before the first beat().
  void watch_loops(std::vector<std::string> names);
  // Asks each loop by ask(index), which has it call answered(index), unless one has not answered yet.
  void beat(const std::function<void(std::size_t index)>& ask);
  // Any thread.
  void answered(std::size_t index) { loops_[index].asked.store(false, std::memory_order_release); }

 private:
  struct Loop {
    std::string name;
    std::atomic<bool> asked{false};
  };
  const Loop* first_silent() const;
  void tell(const Status& told);

  const Clock& clock_;
  observe::Log& log_;
  runtime::ServiceNotify notify_;
  bool is_ready_ = false;
  std::string shown_;
  std::unique_ptr<Loop[]> loops_;
  std::size_t loop_count_ = 0;
  MonoNs asked_ns_ = 0;
  bool silence_reported_ = false;
  bool failure_reported_ = false;
};

}  // namespace tenon::node
