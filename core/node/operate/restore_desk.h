#pragma once

#include <memory>
#include <set>
#include <string>

#include "admin/backup/backup_source.h"
#include "broker/shard.h"

namespace tenon::node {

// What a backup reads, and what a restore writes by commands to the ranges of this cluster, whatever their
// boundaries. That a restore is under way stands in the store `meta` under "restore/" and its id, so that any
// node may go on with it. On worker 0.
class RestoreDesk final : public admin::BackupSource {
 public:
  // The shard of worker 0, which outlives this.
  explicit RestoreDesk(broker::Shard& home) : home_(home) {}

  void read_state(const admin::StateQuestion& question, admin::Then<std::string> then) override;
  void begin_restore(const admin::RestoreBegin& begin, admin::Then<admin::RestoreBegun> then) override;
  void restore_rows(const admin::RestoreRowsOf& rows, admin::Then<admin::RestoredRows> then) override;
  void restore_step(const admin::RestoreStep& step, admin::Then<admin::RestoredPage> then) override;

 private:
  template <class Fn>
  void in_turn(Fn fn) {
    home_.worker().post(make_task([this, fn = std::move(fn)]() mutable {
      home_.enter();
      fn();
    }));
  }
  void mark_begun(const admin::RestoreBegin& begin, admin::Then<admin::RestoreBegun> then);
  // Fails unless the restore was begun.
  void when_begun(std::uint64_t restore, std::function<void(Status&&)> then);
  void end_restore(std::uint64_t restore, admin::Then<admin::RestoredPage> then);

  broker::Shard& home_;
  std::set<std::uint64_t> begun_;  // restores that are known to be
};

}  // namespace tenon::node
