#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace tenon::storage_rocksdb {

// Jobs in the order they came, run by threads of its own. The destructor waits for the running ones and drops
// the rest. All calls from any thread.
class JobQueue {
 public:
  using Fn = void (*)(void* arg);

  // `name`: of the threads, at most 15 characters.
  JobQueue(const char* name, unsigned thread_count);
  JobQueue(const JobQueue&) = delete;
  JobQueue& operator=(const JobQueue&) = delete;
  ~JobQueue();

  // `dropped` (null: nothing) is called with `arg` when the job is taken back by remove().
  void add(Fn fn, void* arg, const void* tag, Fn dropped);
  // Takes back the jobs with this tag that have not begun; how many.
  int remove(const void* tag);
  std::size_t waiting() const;
  unsigned thread_count() const { return static_cast<unsigned>(threads_.size()); }

 private:
  struct Job {
    Fn fn;
    void* arg;
    const void* tag;
    Fn dropped;
  };
  void run();

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;    // mutex_
  bool is_ending_ = false;  // mutex_
  std::vector<std::thread> threads_;
};

}  // namespace tenon::storage_rocksdb
