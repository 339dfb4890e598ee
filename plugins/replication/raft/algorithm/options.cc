#include "algorithm/options.h"

namespace tenon::raft {

std::string_view why_invalid(const Options& options) {
  if (options.self == NodeId::none) return "a replica needs a node id";
  if (options.heartbeat_ticks == 0) return "heartbeat_ticks is zero";
  if (options.election_ticks <= options.heartbeat_ticks)
    return "election_ticks must be more than heartbeat_ticks";
  if (options.lease_reads && !options.check_quorum) return "lease_reads needs check_quorum";
  if (options.message_bytes_max == 0 || options.inflight_count_max == 0 || options.inflight_bytes_max == 0) {
    return "a limit of messages is zero";
  }
  if (options.uncommitted_bytes_max == 0 || options.committed_bytes_max == 0)
    return "a limit of bytes is zero";
  if (options.snapshot_ticks_max == 0 || options.transfer_ticks_max == 0) return "a time-out is zero";
  return {};
}

}  // namespace tenon::raft
