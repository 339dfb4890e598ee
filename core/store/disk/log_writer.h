#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "runtime/loop_thread.h"
#include "store/disk/journal.h"
#include "store/disk/log_chunk.h"

namespace tenon::store {

// Writes the journal on a thread of its own: whatever has come while the disk was busy goes into one write
// with one fsync, or into several where it is very much. A full disk, and want of descriptors, is tried again
// until it is over. A group that turns out to be damaged is left out from then on. Any other failure is
// final, and nothing is durable from then on.
class LogWriter {
 public:
  struct Events {
    // Called on the owner's loop.
    std::function<void(std::uint64_t sequence)> on_durable;
    std::function<void(const std::string& why)> on_full;
    std::function<void()> on_room;  // behind on_full: what waited was written
    std::function<void(const std::string& why)> on_failed;
    // What is appended to the group does not become durable, and counts as such all the same: it must not
    // take part in anything from here on.
    std::function<void(const tenon_group_id& group, const std::string& why)> on_damaged;
  };
  // `journal` and `owner` outlive the writer. busy: no more descriptors.
  static Result<std::unique_ptr<LogWriter>> create(Journal& journal, runtime::Worker& owner, Events events);
  ~LogWriter();
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  Status start() { return thread_->start(); }
  // What is queued and not yet written is lost, as in a crash.
  void stop() { thread_->stop(); }

  // The rest is called on the owner's thread.
  // Copies the writes; they leave with the next flush(). The result is their sequence number, from 1.
  std::uint64_t append(std::span<const tenon_log_write> writes);
  void compact(const tenon_group_id& group, const tenon_log_point& base);
  void flush();
  // Nothing that was appended becomes durable now: the disk is full, or has failed, or descriptors are
  // wanting.
  bool refuses() const { return refuses_.load(std::memory_order_relaxed); }
  // What is queued or being written.
  std::size_t waiting_bytes() const { return waiting_bytes_.load(std::memory_order_relaxed); }

 private:
  LogWriter(Journal& journal, runtime::Worker& owner, Events events,
            std::unique_ptr<runtime::LoopThread> thread);
  // On the writer's thread.
  void write();
  tenon_status write_queued(std::string& ret_why);
  tenon_status write_up_to_damage(std::string& ret_why);
  void retry_later();
  void report(const std::function<void(const std::string&)>& event, std::string why);
  void report_damage(const tenon_group_id& group, std::string why);

  Journal& journal_;
  runtime::Worker& owner_;
  const Events events_;
  std::unique_ptr<runtime::LoopThread> thread_;
  std::uint64_t next_sequence_ = 1;
  std::vector<LogChunk> filling_;  // the owner's
  std::atomic<std::size_t> waiting_bytes_{0};
  std::atomic<bool> refuses_{false};
  // The writer's.
  std::vector<LogChunk> queued_;
  bool failed_ = false;
  bool full_ = false;
  bool retry_armed_ = false;
};

}  // namespace tenon::store
