#pragma once

#include <memory>
#include <string>
#include <thread>

#include "base/result.h"
#include "runtime/worker.h"

namespace tenon::runtime {

// A loop with a thread of its own beside the workers of the group, for work that is serial and may block.
class LoopThread {
 public:
  // Makes the loop; no thread yet: hooks and timers can be added. `name` is that of the thread, up to 15
  // bytes. busy: the system gives no more descriptors.
  static Result<std::unique_ptr<LoopThread>> create(std::string name);
  ~LoopThread() { stop(); }
  LoopThread(const LoopThread&) = delete;
  LoopThread& operator=(const LoopThread&) = delete;

  Worker& loop() { return *loop_; }
  // busy: the system gives no more threads.
  Status start();
  // Ends the turn under way, drops what is queued, and joins. May be repeated. Not from the thread itself.
  void stop();
  bool running() const { return thread_.joinable(); }

 private:
  LoopThread(std::string name, std::unique_ptr<Worker> loop)
      : name_(std::move(name)), loop_(std::move(loop)) {}

  const std::string name_;
  std::unique_ptr<Worker> loop_;
  std::thread thread_;
};

}  // namespace tenon::runtime
