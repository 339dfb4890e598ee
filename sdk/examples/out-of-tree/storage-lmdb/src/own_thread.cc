// SPDX-License-Identifier: 0BSD
#include "own_thread.h"

#include <pthread.h>
#include <signal.h>

#include <utility>

namespace acme {
namespace {

// Blocks all signals for as long as it lives; a thread inherits that.
class WithoutSignals {
 public:
  WithoutSignals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~WithoutSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  WithoutSignals(const WithoutSignals&) = delete;
  WithoutSignals& operator=(const WithoutSignals&) = delete;

 private:
  sigset_t before_;
};

}  // namespace

OwnThread::OwnThread() {
  const WithoutSignals blocked;
  thread_ = std::thread([this] { loop(); });
}

OwnThread::~OwnThread() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void OwnThread::run(const std::function<void()>& work) {
  std::unique_lock lock(mutex_);
  work_ = &work;
  changed_.notify_all();
  changed_.wait(lock, [this] { return !work_; });
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void OwnThread::loop() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return work_ || ends_; });
    if (!work_) return;
    // Unlocked: the work takes locks of its own, which may be held from one to the next.
    lock.unlock();
    std::exception_ptr failure;
    try {
      (*work_)();
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    failure_ = std::move(failure);
    work_ = nullptr;
    changed_.notify_all();
  }
}

}  // namespace acme
