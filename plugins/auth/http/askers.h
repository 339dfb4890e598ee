#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "login_job.h"

namespace tenon::auth_http {

// Threads that ask the service, each over a connection of its own. Any thread, but for start() and stop().
class Askers {
 public:
  using Warn = std::function<void(const std::string& why)>;

  ~Askers() { stop(); }

  // `warn` is called by any of the threads.
  void start(std::size_t count, std::size_t waiting_max, Warn warn);
  // Jobs that wait are given up. Idempotent.
  void stop();
  // False: too many wait already, or it does not run.
  bool submit(std::shared_ptr<LoginJob> job);

 private:
  void work();

  Warn warn_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::deque<std::shared_ptr<LoginJob>> waiting_;
  std::size_t waiting_max_ = 0;
  bool runs_ = false;
  std::vector<std::thread> threads_;  // of start() and stop()
};

}  // namespace tenon::auth_http
