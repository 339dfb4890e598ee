// SPDX-License-Identifier: 0BSD
#pragma once

#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>

namespace acme {

// A thread that does what it is asked, one thing at a time. All signals are blocked on it: they are the
// host's.
class OwnThread {
 public:
  OwnThread();
  ~OwnThread();
  OwnThread(const OwnThread&) = delete;
  OwnThread& operator=(const OwnThread&) = delete;

  // Does `work` there and waits for it; throws what it throws. One caller at a time, and not from there.
  void run(const std::function<void()>& work);

 private:
  void loop();

  std::mutex mutex_;
  std::condition_variable changed_;
  const std::function<void()>* work_ = nullptr;  // null: there is nothing to do
  std::exception_ptr failure_;                   // of the last work
  bool ends_ = false;
  std::thread thread_;
};

}  // namespace acme
