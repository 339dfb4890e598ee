#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kv/descriptor.h"
#include "sim/world/world.h"
#include "store/disk/journal.h"
#include "store/disk/log_chunk.h"

namespace tenon::sim {

// Stands for store::LogWriter: the same batching, retries and failures, with a disk whose time is drawn from
// the seed. Whatever is not yet written when it is destroyed is lost.
class SimLogWriter {
 public:
  struct Options {
    std::int64_t write_min_ns = 100'000;
    std::int64_t write_max_ns = 8 * ns_per_ms;
  };
  // Must not end the writer at once.
  struct Events {
    // On the disk; on_durable() follows once the thread that waits for the disk has heard of it.
    std::function<void(std::span<const tenon_log_write> writes)> on_written;
    std::function<void(std::uint64_t sequence)> on_durable;
    std::function<void(const std::string& why)> on_failed;
  };
  // All outlive the writer.
  SimLogWriter(World& world, test::SimRandom& random, store::Journal& journal, const Options& options,
               Events events);

  std::uint64_t append(std::span<const tenon_log_write> writes);
  void compact(const kv::RangeId& range, const kv::LogPoint& base);
  void flush();

  // Writes take so many times longer from now on.
  void set_slowness(std::uint32_t factor) { slowness_ = factor; }
  // Something is queued: a crash may come in the middle of its write.
  bool has_queued() const { return !queued_.empty(); }
  void write_now();

 private:
  void begin();
  void write();
  tenon_status give_to_journal(std::string& ret_why);
  void end(std::uint64_t sequence);
  std::int64_t draw_ns() {
    return draw_delay_ns(random_, options_.write_min_ns, options_.write_max_ns) * slowness_ / 2;
  }
  // Runs unless the writer is gone by then.
  void after(std::int64_t delay_ns, std::function<void()> what);

  World& world_;
  test::SimRandom& random_;
  store::Journal& journal_;
  const Options options_;
  const Events events_;
  const std::shared_ptr<bool> here_ = std::make_shared<bool>(true);
  std::uint64_t next_sequence_ = 1;
  std::uint32_t slowness_ = 1;
  std::vector<store::LogChunk> filling_;
  std::vector<store::LogChunk> queued_;
  std::vector<std::pair<tenon_group_id, tenon_log_point>> cuts_;
  bool is_busy_ = false;
  bool has_failed_ = false;
  bool is_dying_ = false;
};

}  // namespace tenon::sim
