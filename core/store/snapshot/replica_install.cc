// How a state that was staged takes the place of a replica's own.

#include "store/replica/replica.h"

namespace tenon::store {

// Written down before the group knows, so that an engine that takes nothing changes nothing; a crash in
// between leaves a newer state under a log that is as it was. But for replicas that go with it: they may not
// before the group has agreed.
Result<Installed> Replica::install(const kv::RangeRecord& record,
                                   std::span<const kv::EngineBatch::Absorbed> absorbed) {
  if (failed_ || install_ || end_) return Installed::failed;
  // A start would put one that is behind into the place of a newer one, whatever the group says of it.
  if (record.applied.index <= range_.applied().index) return Installed::stale;
  const bool is_decided_first = absorbed.empty();
  if (is_decided_first)
    if (Status decided = StagedInstall::decide(engine_, record); !decided.ok()) return decided.error();
  const tenon_status status = tell_installed(record);
  // The plugin has the log begin anew in its next turn, not before; a group that is closed by then keeps it.
  Status written;
  if (status == TENON_OK && !is_decided_first)
    written = StagedInstall::decide(engine_, record, absorbed);
  else if (status != TENON_OK && is_decided_first)
    written = StagedInstall::call_off(engine_, record.id);
  if (!written.ok()) {
    close();
    fail(written.error().message);
    return Installed::failed;
  }
  if (status != TENON_OK) return status == TENON_E_STALE ? Installed::stale : Installed::failed;
  give_up_waiting();
  flushing_.reset();
  children_.clear();
  absorbed_.clear();
  is_frozen_durably_ = false;
  durable_.clear();
  install_.emplace(engine_, record);
  return Installed::done;
}

Status Replica::install_step() {
  const Result<bool> done = install_->step();
  if (!done.ok()) return done.error();
  if (!*done) return {};
  const kv::RangeRecord record = install_->record();
  install_.reset();
  if (Status replaced = range_.replace(record); !replaced.ok()) {
    fail(replaced.error().message);
    return {};
  }
  ports_.range_changed(id(), range_.descriptor());
  tell_who_waits_for_entries();
  tell_if_caught_up();
  return {};
}

}  // namespace tenon::store
