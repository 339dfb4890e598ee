#include "driver/counters.h"

namespace tenon::raft {

Counters Counters::declare(const sdk::Metrics& metrics) {
  const auto refused = [&](std::string_view reason) {
    return metrics.counter("messages_refused_total", "Messages of other members that were not taken.",
                           {{sdk::abi("reason"), sdk::abi(reason)}});
  };
  return {
      .groups = metrics.gauge("groups", "Groups that this node takes part in."),
      .groups_leading = metrics.gauge("groups_leading", "Groups that this node leads."),
      .groups_awake = metrics.gauge("groups_awake", "Groups that are not asleep."),
      .elections = metrics.counter("elections_won_total", "Elections that this node won."),
      .slow_disks = metrics.counter("slow_disks_total",
                                    "Leads given away because the disk was slower than those of others."),
      .received = metrics.counter("messages_received_total", "Messages of other members."),
      .refused_malformed = refused("malformed"),
      .refused_no_group = refused("no_group"),
      .sent = metrics.counter("messages_sent_total", "Messages to other members."),
      .proposals = metrics.counter("proposals_total", "Proposals taken by this node as leader."),
      .proposals_refused =
          metrics.counter("proposals_refused_total", "Proposals refused because too much was uncommitted."),
      .writes = metrics.counter("writes_total", "Writes of a turn, for all groups together."),
      .applied = metrics.counter("applied_entries_total", "Entries applied."),
      .apply_waits =
          metrics.counter("apply_waits_total", "Times that the state could not apply entries yet."),
      .snapshots_wanted =
          metrics.counter("snapshots_wanted_total", "States that had to be sent to a member."),
      .snapshots_installed =
          metrics.counter("snapshots_installed_total", "States of this node that another one replaced."),
      .poisoned = metrics.counter("groups_poisoned_total", "Groups in which an invariant did not hold."),
  };
}

}  // namespace tenon::raft
