#pragma once

#include <rocksdb/system_clock.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>

namespace tenon::storage_rocksdb {

// The system's clock; those who sleep by it wake up when the engine ends. RocksDB's threads sleep for a
// second after each error, and its end waits for them. Any thread.
class EngineClock final : public rocksdb::SystemClockWrapper {
 public:
  EngineClock() : SystemClockWrapper(rocksdb::SystemClock::Default()) {}

  const char* Name() const override { return "tenon.EngineClock"; }
  void SleepForMicroseconds(int us) override {
    std::unique_lock lock(mutex_);
    ended_.wait_for(lock, std::chrono::microseconds(us), [&] { return has_ended_; });
  }
  // Nobody sleeps from now on.
  void end() {
    {
      const std::lock_guard lock(mutex_);
      has_ended_ = true;
    }
    ended_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable ended_;
  bool has_ended_ = false;
};

}  // namespace tenon::storage_rocksdb
