#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/intrusive_ptr.h"
#include "base/task.h"
#include "host/op/op_token.h"
#include "host/op/operation.h"

namespace tenon::host {

// How many operations a plugin has open, and since when the oldest.
struct OpGauges {
  std::uint64_t open_count = 0;
  MonoNs oldest_ns = 0;  // when it was opened; 0 without one
};

// The operations of one owner (a worker, or the control thread) at one plugin instance.
//
// complete() and gauges(): any thread. Everything else: the owner's thread.
//
// A slot goes free -> open -> done, or open -> abandoned -> done_late, or, at the end, from open and
// abandoned to wound_up; `done` and `done_late` wait in a lock-free list until the owner's next turn, which
// ends them and frees the slot. The state and the generation share one atomic word: whoever changes it by
// compare-and-swap has the right to act, everybody else is stale.
//
// Counted, because a queue of the executor holds on to it from posted() until the turn: that may be longer
// than its table lives.
class OpShard : public RefCounted<OpShard>, private Task {
 public:
  // `table_count` counts what all shards of the table have open, unless null: release() takes off what
  // whoever opens has added. It lives until clear().
  OpShard(std::uint32_t owner, std::atomic<std::uint64_t>* table_count)
      : owner_(owner), table_count_(table_count) {}
  static void destroy(OpShard* shard) { delete shard; }
  OpShard(const OpShard&) = delete;
  OpShard& operator=(const OpShard&) = delete;

  // A token for `operation`; 0 when all slots are in use.
  tenon_op open(std::unique_ptr<Operation> operation, MonoNs now);

  // The plugin closed the token by what it returned: frees the slot and gives the operation back. Null: it
  // had completed the token as well; the completion stands and on_closed() follows.
  std::unique_ptr<Operation> close(OpToken token);

  // The host gives up; the operation stays until the plugin closes it. False: it is completed already.
  bool abandon(OpToken token);

  // The plugin's cancel() said that it has let go of an abandoned one: frees the slot and gives the operation
  // back. Null: it was completed meanwhile.
  std::unique_ptr<Operation> close_abandoned(OpToken token);

  enum class Completion : std::uint8_t {
    taken,
    taken_late,  // after abandon()
    stale,
    too_late,  // after wind_up()
  };
  struct Taken {
    Completion completion = Completion::stale;
    bool wants_post = false;  // nobody has posted the shard since the last turn: the caller must
  };
  Taken complete(OpToken token, tenon_status status);

  // The task that ends what is completed, for the owner's queue; with a reference, which the task drops.
  // REQUIRES: wants_post said so.
  Task* to_post() {
    ref();
    return this;
  }

  // The plugin is about to be deactivated, and no worker runs: frees what is completed, without its turn; of
  // what came late, on_closed() is told. What is open stays in memory for the plugin, and its completion is
  // not taken any more.
  void wind_up();

  // Frees everything without a call to anybody. REQUIRES: the plugin will complete no more. The shard can't
  // be used again.
  void clear();

  std::uint64_t open_count() const { return open_count_.load(std::memory_order_relaxed); }
  OpGauges gauges() const;

 private:
  ~OpShard() override;
  enum State : std::uint64_t {
    free_state,
    open_state,
    abandoned_state,
    done_state,
    done_late_state,
    wound_up_state
  };
  struct Slot {
    std::atomic<std::uint64_t> word{0};  // generation << 8 | State
    std::atomic<MonoNs> opened_ns{0};
    std::unique_ptr<Operation> operation;
    tenon_status status = TENON_OK;
    Slot* next_done = nullptr;
    std::uint32_t index = 0;
  };
  static constexpr std::uint32_t slots_per_chunk = 64;
  static constexpr std::uint32_t chunk_max = 1024;  // 65,536 operations per owner
  using Chunk = std::array<Slot, slots_per_chunk>;

  static std::uint64_t word_of(std::uint32_t generation, State state) {
    return (static_cast<std::uint64_t>(generation) << 8) | state;
  }
  static bool change(Slot& slot, std::uint32_t generation, State from, State to);
  Slot* find(OpToken token) const;
  bool grow();
  std::unique_ptr<Operation> release(Slot& slot);
  bool push_done(Slot* slot);
  Slot* take_done();
  std::size_t count_done() const;
  // `tells_in_time`: also those whose answers somebody waits for.
  void end_all(Slot* slot, bool tells_in_time);
  void run() override;
  void drop() override;

  std::uint32_t owner_;
  std::atomic<std::uint64_t>* table_count_;
  std::uint32_t chunk_count_ = 0;
  std::array<std::atomic<Chunk*>, chunk_max> chunks_{};
  std::vector<std::uint32_t> free_;
  std::atomic<std::uint64_t> open_count_{0};
  std::atomic<Slot*> done_{nullptr};
};

}  // namespace tenon::host
