#pragma once

#include <rocksdb/env.h>

#include <memory>

#include "rocksdb/threads/engine_clock.h"
#include "rocksdb/threads/job_queue.h"

namespace tenon::storage_rocksdb {

// What RocksDB runs in: the given file system, and threads that belong to one engine and end with it.
// RocksDB's own ones would be shared by all databases of the process and never end.
class EngineEnv final : public rocksdb::EnvWrapper {
 public:
  // One thread writes tables from memory; `compaction_threads` merge them.
  EngineEnv(const std::shared_ptr<rocksdb::FileSystem>& files, unsigned compaction_threads);

  // Before the database is closed.
  void end() { clock_->end(); }

  const char* Name() const override { return "tenon.EngineEnv"; }
  void Schedule(void (*fn)(void* arg), void* arg, Priority priority, void* tag,
                void (*dropped)(void* arg)) override {
    queue(priority).add(fn, arg, tag, dropped);
  }
  int UnSchedule(void* tag, Priority priority) override {
    return priority == BOTTOM ? 0 : queue(priority).remove(tag);
  }
  unsigned GetThreadPoolQueueLen(Priority priority) const override {
    return static_cast<unsigned>(queue(priority).waiting());
  }
  // The numbers are fixed; without threads of the lowest priority, its jobs come with LOW.
  void SetBackgroundThreads(int, Priority) override {}
  void IncBackgroundThreadsIfNeeded(int, Priority) override {}
  int GetBackgroundThreads(Priority priority) override {
    return priority == BOTTOM ? 0 : static_cast<int>(queue(priority).thread_count());
  }
  int ReserveThreads(int, Priority) override { return 0; }
  int ReleaseThreads(int, Priority) override { return 0; }

 private:
  JobQueue& queue(Priority priority) { return priority == HIGH ? flushes_ : compactions_; }
  const JobQueue& queue(Priority priority) const { return priority == HIGH ? flushes_ : compactions_; }

  const std::shared_ptr<EngineClock> clock_;
  JobQueue flushes_;
  JobQueue compactions_;
};

}  // namespace tenon::storage_rocksdb
