#pragma once

#include <atomic>
#include <string>
#include <string_view>
#include <utility>

namespace tenon::storage_sqlite {

// What has gone wrong with the files of one database, and whether they may still be written.
//
// Latched: a write, truncation, removal or sync failed for another reason than a full device. What is on the
// medium is unknown from then on, so nothing is ever written or synced again through this gate. Full: a write
// found no space. Nothing more is written until the transaction is rolled back and clear_full() called.
// is_latched() [any], the rest one thread.
class WriteGate {
 public:
  bool is_latched() const { return latched_.load(std::memory_order_acquire); }
  bool is_full() const { return is_full_; }
  bool may_write() const { return !is_latched() && !is_full_; }

  // The first reason stays.
  void latch(std::string reason) {
    if (is_latched()) return;
    reason_ = std::move(reason);
    latched_.store(true, std::memory_order_release);
  }
  const std::string& reason() const { return reason_; }

  void note_full() { is_full_ = true; }
  void clear_full() { is_full_ = false; }

  // The last place where a read met a wrong checksum; empty: none.
  void note_damage(std::string place) { damage_ = std::move(place); }
  const std::string& damage() const { return damage_; }

 private:
  std::atomic<bool> latched_{false};
  bool is_full_ = false;
  std::string reason_;
  std::string damage_;
};

}  // namespace tenon::storage_sqlite
