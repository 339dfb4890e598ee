#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "kv/range_record.h"
#include "sim/checkers/log_checker.h"

namespace tenon::sim {

// Where an acknowledgement means that every live voter has the entry on its disk (`ack: all`): when a leader
// answers a command as applied, each voter that it has a link to has it there. Answers to who asked at
// another node are not looked at: they are given where nobody sees them. Not where ranges are reshaped.
class AckAllChecker final : public NodeObserver {
 public:
  AckAllChecker(World& world, const LogChecker& logs, const std::vector<kv::NodeId>& nodes,
                const std::vector<kv::RangeRecord>& ranges)
      : world_(world), logs_(logs), nodes_(nodes), ranges_(ranges) {}

  // Answers that were looked at, and voters among them that did not count, as they were down.
  std::uint64_t looked_at_count() const { return looked_at_count_; }
  std::uint64_t excused_count() const { return excused_count_; }

  void on_birth(std::uint32_t node) override { linked_[node].clear(); }
  void on_peer_state(std::uint32_t node, std::uint64_t other, bool is_up) override;
  void on_answered(std::uint32_t node, const store::Request& request, const store::Answer& answer) override;

 private:
  void look(std::uint32_t leader, const kv::RangeId& range, std::uint64_t index);

  World& world_;
  const LogChecker& logs_;
  const std::vector<kv::NodeId>& nodes_;        // by place
  const std::vector<kv::RangeRecord>& ranges_;  // which stay as they are
  std::map<std::uint32_t, std::set<std::uint64_t>> linked_;
  std::uint64_t looked_at_count_ = 0;
  std::uint64_t excused_count_ = 0;
};

}  // namespace tenon::sim
