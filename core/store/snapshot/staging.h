#pragma once

#include <span>
#include <string>

#include "kv/range.h"
#include "kv/snapshot/receiver.h"
#include "store/disk/engine.h"

namespace tenon::store {

// The rows of a range's state that is coming in, in the engine but out of sight: in staging_space, each under
// range_key, the number of its kv::SnapshotSpace as one byte, and its own key.
class EngineStaging final : public kv::SnapshotStaging {
 public:
  // The engine outlives it. REQUIRES: no StagedInstall of the range is under way.
  EngineStaging(Engine& engine, const kv::RangeId& range) : engine_(engine), range_(range) {}

  // SnapshotStaging. Durable with the engine's next sync.
  Status begin(const kv::RangeRecord& record) override;
  Status stage(kv::SnapshotSpace space, std::span<const kv::SnapshotRow> rows) override;

 private:
  Engine& engine_;
  const kv::RangeId range_;
};

// Puts what is staged of a range in the place of its state, in steps, so that nobody waits for a large one.
// decide() is the moment of the switch: before it, a crash leaves the old state whole; from then on the new
// one is meant, and a start after a crash finishes the steps (finish_installs). In between, the range's state
// must not be read or written by anybody else.
//
// Replaces the keys that the new descriptor holds. Older rows outside of it stay: no range of this node shows
// them, or another one holds them.
class StagedInstall {
 public:
  // Writes down that the staged state, which is that of `record`, replaces the old one; the rows and this are
  // durable when it returns. After an error the old state is still the one.
  // `absorbed`: ranges whose replicas here are part of it by then.
  static Status decide(Engine& engine, const kv::RangeRecord& record,
                       std::span<const kv::EngineBatch::Absorbed> absorbed = {});

  // It does not, after all; durable when it returns. REQUIRES: decided without `absorbed`, and no step done.
  static Status call_off(Engine& engine, const kv::RangeId& range);

  // REQUIRES: decided. The engine outlives it.
  StagedInstall(Engine& engine, kv::RangeRecord record);

  const kv::RangeRecord& record() const { return record_; }
  // True: the engine holds the new state and its record, and nothing is staged any more; durable with the
  // next sync. After an error the same step may be tried again.
  Result<bool> step();

 private:
  enum class Phase : std::uint8_t { clear_state, clear_sources, copy, end, clear_staging, done };

  // Takes the walk further; true: to its end.
  Result<bool> copy();
  Status write_end();
  void enter(Phase phase, std::string next);

  Engine& engine_;
  const kv::RangeRecord record_;
  const std::string prefix_;
  const std::string prefix_end_;
  Phase phase_ = Phase::clear_state;
  std::string next_;  // the key that the walk of this phase goes on with
};

// At a start, before the records are read: finishes installs that were decided, and drops what else is
// staged.
Status finish_installs(Engine& engine);

}  // namespace tenon::store
