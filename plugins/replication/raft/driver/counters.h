#pragma once

#include <tenon/metrics.hpp>

namespace tenon::raft {

// What a replicator counts, declared in init. README.md lists them.
struct Counters {
  sdk::Metric groups;
  sdk::Metric groups_leading;
  sdk::Metric groups_awake;
  sdk::Metric elections;
  sdk::Metric slow_disks;
  sdk::Metric received;
  sdk::Metric refused_malformed;
  sdk::Metric refused_no_group;
  sdk::Metric sent;
  sdk::Metric proposals;
  sdk::Metric proposals_refused;
  sdk::Metric writes;
  sdk::Metric applied;
  sdk::Metric apply_waits;
  sdk::Metric snapshots_wanted;
  sdk::Metric snapshots_installed;
  sdk::Metric poisoned;

  // [setup]. Throws a Failure when the host refuses one.
  static Counters declare(const sdk::Metrics& metrics);
};

}  // namespace tenon::raft
