#include "store/members/state_drop.h"

#include "store/disk/clear_step.h"
#include "store/disk/engine_layout.h"

namespace tenon::store {

StateDrop::StateDrop(Engine& engine, const kv::RangeId& range, const kv::Descriptor& descriptor,
                     bool keeps_items)
    : engine_(engine),
      descriptor_(descriptor),
      keeps_items_(keeps_items),
      prefix_(kv::range_key(range)),
      prefix_end_(kv::end_of_prefix(prefix_)) {}

Result<bool> StateDrop::step() {
  const Result<bool> walked = walk();
  if (!walked.ok() || !*walked) return walked;
  if (phase_ != Phase::done) phase_ = static_cast<Phase>(static_cast<std::uint8_t>(phase_) + 1);
  next_ = phase_ == Phase::state ? descriptor_.begin : prefix_;
  return phase_ == Phase::done;
}

Result<bool> StateDrop::walk() {
  switch (phase_) {
    case Phase::install: {
      const tenon_write write{TENON_WRITE_DELETE, install_space, to_abi(prefix_), {}};
      if (Status written = engine_.write({&write, 1}); !written.ok()) return written.error();
      return true;
    }
    case Phase::state:
      if (keeps_items_) return true;
      return clear_step(engine_, state_space(descriptor_.store), next_, descriptor_.end);
    case Phase::sources:
      return clear_step(engine_, source_space, next_, prefix_end_);
    case Phase::staging:
      return clear_step(engine_, staging_space, next_, prefix_end_);
    case Phase::done:
      break;
  }
  return true;
}

}  // namespace tenon::store
