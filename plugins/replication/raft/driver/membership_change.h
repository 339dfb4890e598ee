#pragma once

#include <tenon/abi/base.h>

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "algorithm/group.h"

namespace tenon::raft {

// A change of members that the host asked for, on its way: new voters become learners first, and when they
// have caught up the voters change, through a joint configuration where the algorithm needs one. Held by the
// leader only: it ends with its leadership, or when the new voters make no progress for too long.
class MembershipChange {
 public:
  // TENON_E_STATE: this member does not lead, or a change is under way. TENON_E_INVALID: nobody would vote.
  tenon_status begin(Group& group, const Configuration& target);

  // Does the next step as far as it can be done by now.
  void advance(Group& group);

  struct Patience {
    std::uint32_t stall_ticks_max = 0;   // without progress of the new voters
    std::uint32_t absent_ticks_max = 0;  // without a link to one of them
  };
  // One tick has passed. `down`: nodes without a link; `sending`: nodes that a state is on its way to. True
  // when the change was given up.
  bool tick(const Group& group, const std::set<NodeId>& down, const std::vector<NodeId>& sending,
            const Patience& patience);

  bool pending() const { return target_.has_value(); }

 private:
  bool all_learn(const Configuration& now) const;
  bool all_caught_up(const Group& group) const;
  Configuration learning_step(const Configuration& now) const;
  bool is_new_voter(const Configuration& now, NodeId node) const;
  Index progress(const Group& group) const;

  std::optional<Configuration> target_;
  Index progress_ = 0;  // of the new voters together
  std::uint32_t stalled_ticks_ = 0;
  std::uint32_t absent_ticks_ = 0;  // one of them has no link
};

// Whether a configuration is on its way through the log.
bool configuration_in_motion(const Group& group);

}  // namespace tenon::raft
