#pragma once

#include <cstdint>

#include <tenon/config.hpp>

#include "algorithm/options.h"

namespace tenon::raft {

// What conf.d says; README.md explains each.
struct PluginOptions {
  std::uint32_t tick_ms = 50;
  std::uint32_t heartbeat_ms = 100;
  std::uint32_t election_timeout_ms = 1000;
  std::uint32_t quiesce_ms = 5000;
  std::uint32_t transfer_timeout_ms = 1000;
  std::uint32_t slow_disk_ms = 2000;
  std::uint32_t snapshot_timeout_ms = 10'000;
  std::uint32_t change_stall_ms = 60'000;
  std::uint32_t change_absent_ms = 5000;
  std::uint64_t message_bytes_max = 256 * 1024;
  std::uint64_t inflight_count_max = 64;
  std::uint64_t inflight_bytes_max = 4 << 20;
  std::uint64_t uncommitted_bytes_max = 16 << 20;
  std::uint64_t apply_bytes_max = 1 << 20;
  std::uint64_t tail_bytes_max = 4 << 20;
  std::uint64_t catch_up_entries_max = 1000;
  bool lease_reads = false;

  // A time as ticks, at least one unless it is zero.
  std::uint32_t ticks(std::uint32_t ms) const { return ms / tick_ms + (ms % tick_ms != 0 ? 1 : 0); }
};

// Throws a Failure with TENON_E_INVALID and the option's name.
PluginOptions read_options(const sdk::Config& config);

// The part of them that one member works with; `self` and `seed` are left to the caller.
Options algorithm_options(const PluginOptions& options);

}  // namespace tenon::raft
