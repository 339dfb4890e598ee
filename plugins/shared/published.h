#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

namespace tenon {

// What one thread makes anew now and then and others use: the newest T, which nobody changes. Readers take
// the lock only when there is a newer one, for the copy of a pointer; what they still hold of the former
// lives on.
template <class T>
class Published {
 public:
  // The thread that publishes, as newest().
  void put(std::shared_ptr<const T> next) {
    {
      const std::lock_guard lock(mutex_);
      std::swap(newest_, next);
    }
    number_.fetch_add(1, std::memory_order_release);
  }
  const std::shared_ptr<const T>& newest() const { return newest_; }

  // Of one thread each.
  class Reader {
   public:
    // `published` outlives it.
    explicit Reader(Published& published) : published_(published) {}
    // The newest; null before the first put().
    const std::shared_ptr<const T>& get() {
      const std::uint64_t number = published_.number_.load(std::memory_order_acquire);
      if (number != number_) {
        const std::lock_guard lock(published_.mutex_);
        held_ = published_.newest_;
        number_ = number;
      }
      return held_;
    }

   private:
    Published& published_;
    std::uint64_t number_ = 0;
    std::shared_ptr<const T> held_;
  };

 private:
  std::atomic<std::uint64_t> number_{0};  // grows with each put
  std::mutex mutex_;                      // of newest_
  std::shared_ptr<const T> newest_;
};

}  // namespace tenon
