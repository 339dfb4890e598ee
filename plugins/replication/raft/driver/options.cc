#include "driver/options.h"

#include <string>

#include "shared/number_option.h"

namespace tenon::raft {
namespace {

constexpr std::int64_t mebibyte = 1 << 20;

template <class Integer>
void read(const sdk::Config& config, const char* name, std::int64_t min, std::int64_t max, Integer& value) {
  value =
      static_cast<Integer>(shared::number_option(config, name, static_cast<std::uint64_t>(value), min, max));
}

void check(const PluginOptions& options) {
  if (options.heartbeat_ms < options.tick_ms)
    throw sdk::Failure(TENON_E_INVALID, "option \"heartbeat_ms\" must be at least \"tick_ms\"");
  if (options.election_timeout_ms < 4 * options.heartbeat_ms)
    throw sdk::Failure(TENON_E_INVALID,
                       "option \"election_timeout_ms\" must be at least 4 times \"heartbeat_ms\"");
  Options algorithm = algorithm_options(options);
  algorithm.self = NodeId{1};
  if (const std::string_view wrong = why_invalid(algorithm); !wrong.empty())
    throw sdk::Failure(TENON_E_INVALID, "the options don't fit together: " + std::string(wrong));
}

}  // namespace

PluginOptions read_options(const sdk::Config& config) {
  PluginOptions options;
  read(config, "tick_ms", 1, 1000, options.tick_ms);
  read(config, "heartbeat_ms", 1, 60'000, options.heartbeat_ms);
  read(config, "election_timeout_ms", 4, 600'000, options.election_timeout_ms);
  read(config, "quiesce_ms", 0, 3'600'000, options.quiesce_ms);
  read(config, "transfer_timeout_ms", 1, 600'000, options.transfer_timeout_ms);
  read(config, "slow_disk_ms", 0, 600'000, options.slow_disk_ms);
  read(config, "snapshot_timeout_ms", 1, 3'600'000, options.snapshot_timeout_ms);
  read(config, "change_stall_ms", 1, 86'400'000, options.change_stall_ms);
  read(config, "change_absent_ms", 1, 86'400'000, options.change_absent_ms);
  read(config, "message_bytes_max", 1024, 64 * mebibyte, options.message_bytes_max);
  read(config, "inflight_count_max", 1, 65'536, options.inflight_count_max);
  read(config, "inflight_bytes_max", 1024, 1024 * mebibyte, options.inflight_bytes_max);
  read(config, "uncommitted_bytes_max", 1024, 1024 * mebibyte, options.uncommitted_bytes_max);
  read(config, "apply_bytes_max", 1024, 1024 * mebibyte, options.apply_bytes_max);
  read(config, "tail_bytes_max", 0, 1024 * mebibyte, options.tail_bytes_max);
  read(config, "catch_up_entries_max", 0, 1'000'000'000, options.catch_up_entries_max);
  options.lease_reads = config.boolean_or("lease_reads", options.lease_reads);
  check(options);
  return options;
}

Options algorithm_options(const PluginOptions& options) {
  Options made;
  made.heartbeat_ticks = options.ticks(options.heartbeat_ms);
  made.election_ticks = options.ticks(options.election_timeout_ms);
  made.lease_reads = options.lease_reads;
  made.message_bytes_max = options.message_bytes_max;
  made.inflight_count_max = options.inflight_count_max;
  made.inflight_bytes_max = options.inflight_bytes_max;
  made.uncommitted_bytes_max = options.uncommitted_bytes_max;
  made.committed_bytes_max = options.apply_bytes_max;
  made.tail_bytes_max = options.tail_bytes_max;
  made.snapshot_ticks_max = options.ticks(options.snapshot_timeout_ms);
  made.transfer_ticks_max = options.ticks(options.transfer_timeout_ms);
  made.slow_disk_ticks = options.ticks(options.slow_disk_ms);
  made.quiesce_ticks = options.ticks(options.quiesce_ms);
  made.catch_up_entries_max = options.catch_up_entries_max;
  return made;
}

}  // namespace tenon::raft
