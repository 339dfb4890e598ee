#pragma once

#include <tenon/metrics.hpp>

namespace tenon::segment_log {

// What the journal counts. Made in init.
struct Counters {
  sdk::Metric commits;
  sdk::Metric entries;
  sdk::Metric bytes;
  sdk::Metric moved_bytes;
  sdk::Metric disk_bytes;
  sdk::Metric damage;

  static Counters declare(const sdk::Metrics& metrics) {
    return {metrics.counter("log_commits_total", "Commits of the journal, each with one fsync."),
            metrics.counter("log_entries_total", "Entries that were written to the journal."),
            metrics.counter("log_written_bytes_total", "Bytes that were written to the journal."),
            metrics.counter("log_moved_bytes_total",
                            "Bytes that were written again so that an old segment could go."),
            metrics.gauge("log_disk_bytes", "Bytes that the journal holds on disk."),
            metrics.counter("log_damage_total", "Damaged places that were found in the journal.")};
  }
};

}  // namespace tenon::segment_log
