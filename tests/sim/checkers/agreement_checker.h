#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sim/node/observer.h"
#include "sim/world/world.h"

namespace tenon::sim {

// Watches replicas from inside:
//   - at most one node leads a group in a term;
//   - whatever was applied at an index anywhere is what everybody applies there, also after a restart, so
//   nothing that
//     was committed is ever undone;
//   - machines that apply the same entry give the same replies (INV-C1);
//   - no replica gives up.
class AgreementChecker final : public NodeObserver {
 public:
  explicit AgreementChecker(World& world) : world_(world) {}

  // Storage may fail now: a node that can't start, or a replica that can't go on, is no mistake.
  void set_storage_trouble(bool is_possible) { storage_trouble_ = is_possible; }

  void on_leads(std::uint32_t node, const kv::RangeId& range, std::uint64_t term) override;
  void on_committed(std::uint32_t node, const kv::RangeId& range, const kv::LogPoint& at,
                    std::uint64_t digest) override;
  void on_applied(const AppliedCommand& command) override;
  void on_replica_failed(std::uint32_t node, const kv::RangeId& range, std::string_view why) override;
  void on_start_failed(std::uint32_t node, std::string_view why) override;

  std::uint64_t committed_count() const { return committed_count_; }
  std::uint64_t term_count() const { return leaders_.size(); }
  // Replicas that can't go on.
  std::uint64_t failed_count() const { return failed_count_; }

 private:
  struct Entry {
    std::uint64_t term = 0;  // 0: not seen yet
    std::uint64_t digest = 0;
    std::vector<std::uint64_t> commands;  // their digests
  };
  struct Log {
    std::vector<Entry> entries;  // by index
    Entry& at(std::uint64_t index);
  };

  World& world_;
  bool storage_trouble_ = false;
  std::map<std::pair<kv::RangeId, std::uint64_t>, std::uint32_t> leaders_;
  std::map<kv::RangeId, Log> logs_;
  std::uint64_t committed_count_ = 0;
  std::uint64_t failed_count_ = 0;
};

}  // namespace tenon::sim
