// How a replica's group is ended, and its state goes on as that of another incarnation of the range.

#include "base/assert.h"
#include "store/disk/engine_layout.h"
#include "store/members/absorbed_rows.h"
#include "store/replica/replica.h"

namespace tenon::store {

// What is applied from now on is written with the new record only: an engine that held it under the old one
// would hold what may never have been committed.
tenon_status Replica::conclude() {
  if (failed_ || install_ || !group_ || is_blank()) return TENON_E_STATE;
  if (end_) return TENON_OK;
  if (!flush().ok()) return TENON_E_NOSPACE;
  tenon_log_point end{};
  const host::PluginScope scope(*plugin_.tag);
  const tenon_status status = plugin_.table->conclude(group_, &end);
  if (status == TENON_OK)
    end_.emplace(Ending{{end.index, end.term}, range_.descriptor().epoch.members, std::nullopt});
  return status;
}

// One that may return is asked for from a later epoch on than the node is certain to have been a member at.
kv::EngineBatch::Absorbed Replica::as_former(const kv::Recovery& recovery) const {
  kv::EngineBatch::Absorbed former{id(), range_.descriptor(), recovery.is_provisional};
  if (former.may_return) former.descriptor.epoch.members = end_->members_epoch;
  return former;
}

Result<kv::RangeRecord> Replica::go_on_as(const kv::Recovery& recovery) {
  TENON_BUG(is_at_end(), "the log is not applied to its end");
  if (!end_->next) {
    const auto next = range_.go_on_as(recovery, self_);
    if (!next.ok()) return next.error();
    end_->next = *next;
    flushing_ = range_.begin_flush();
  }
  const std::string record_key = kv::range_key(end_->next->id);
  const std::string record = kv::encode(*end_->next);
  std::vector<tenon_write> writes = writes_of(*flushing_);
  writes.push_back({TENON_WRITE_PUT, record_space, store::to_abi(record_key), store::to_abi(record)});
  const kv::EngineBatch::Absorbed former = as_former(recovery);
  const AbsorbedRows gone({&former, 1});
  const AbsorbedRows absorbed(flushing_->absorbed);
  gone.append_to(writes);
  absorbed.append_to(writes);
  if (Status written = engine_.write_durably(writes); !written.ok()) return written.error();
  range_.end_flush();
  flushing_.reset();
  return *end_->next;
}

}  // namespace tenon::store
