#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "host/op/op_shard.h"
#include "host/watch/call_stats.h"

namespace tenon {
class Executor;
}

namespace tenon::host {

// All operations of one plugin instance: one shard per worker, and one for the control thread. See OpShard
// for what each function means; those that take a token find its shard by the owner in it.
class OpTable {
 public:
  // `stats` and `executor` outlive this. inflight_max 0: only the shards' own limit.
  OpTable(Executor* executor, CallStats* stats, std::uint32_t inflight_max);

  // inflight_max bounds what is asked of a plugin, not what the host needs to have it wind up.
  enum class Bound : std::uint8_t { by_plugin, by_shard };
  // `owner` is the calling worker, or control_owner. 0: the plugin has too many open.
  tenon_op open(std::uint32_t owner, std::unique_ptr<Operation> operation, MonoNs now,
                Bound bound = Bound::by_plugin);
  std::unique_ptr<Operation> close(tenon_op op);
  bool abandon(tenon_op op);
  std::unique_ptr<Operation> close_abandoned(tenon_op op);

  // tenon_host_async.complete: posts to each owner at most once, and not at all when its turn is due anyway.
  // Returns how many tokens were open. `stride` below the size of a completion of level 1: none. Any thread.
  std::uint32_t complete(const tenon_completion* completions, std::uint32_t count, std::uint32_t stride);

  // See OpShard. No answer is taken any more, and no completion is counted as one too many; clear() follows.
  // REQUIRES: no worker is started.
  void wind_up();

  // Frees everything that is open; the table can be used anew. REQUIRES: the plugin is deactivated, no worker
  // is started.
  void clear();

  std::uint64_t open_count() const;
  OpGauges gauges() const;

 private:
  OpShard* shard_of(const OpToken& token) const;
  OpShard::Taken take(const tenon_completion& one);
  void make_shards();
  bool count_one(Bound bound);
  void post(std::uint32_t owner);

  Executor* executor_;
  CallStats* stats_;
  std::uint32_t inflight_max_;
  std::atomic<std::uint64_t> inflight_{0};  // counted only when there is a limit
  std::vector<Ref<OpShard>> workers_;
  Ref<OpShard> control_;
};

}  // namespace tenon::host
