#include "rocksdb/threads/job_queue.h"

#include <pthread.h>

#include <csignal>
#include <utility>

namespace tenon::storage_rocksdb {
namespace {

// Signals belong to the threads of the host.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

}  // namespace

JobQueue::JobQueue(const char* name, unsigned thread_count) {
  const SignalsBlocked blocked;
  for (unsigned i = 0; i < thread_count; ++i) {
    threads_.emplace_back([this] { run(); });
    pthread_setname_np(threads_.back().native_handle(), name);
  }
}

JobQueue::~JobQueue() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void JobQueue::add(Fn fn, void* arg, const void* tag, Fn dropped) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back({fn, arg, tag, dropped});
  }
  changed_.notify_one();
}

int JobQueue::remove(const void* tag) {
  std::vector<Job> taken;
  {
    const std::lock_guard lock(mutex_);
    std::deque<Job> kept;
    for (const Job& job : jobs_) {
      if (job.tag == tag)
        taken.push_back(job);
      else
        kept.push_back(job);
    }
    jobs_ = std::move(kept);
  }
  for (const Job& job : taken)
    if (job.dropped) job.dropped(job.arg);
  return static_cast<int>(taken.size());
}

std::size_t JobQueue::waiting() const {
  const std::lock_guard lock(mutex_);
  return jobs_.size();
}

void JobQueue::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return is_ending_ || !jobs_.empty(); });
    if (is_ending_) return;
    const Job job = jobs_.front();
    jobs_.pop_front();
    lock.unlock();
    job.fn(job.arg);
    lock.lock();
  }
}

}  // namespace tenon::storage_rocksdb
