#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "load/cli/options.h"
#include "load/engine/worker.h"
#include "load/scenarios/outcome.h"
#include "load/stats/counters.h"
#include "load/stats/process_usage.h"

namespace tenon::load {

// All workers of a run, as the coordinating thread sees them. The scenarios are written as straight lines of
// calls on it; the workers do the work in between.
class Fleet {
 public:
  // `links`: how many connections the run opens at most. Throws std::runtime_error when they can't be had.
  Fleet(const Options& options, std::uint64_t links);

  std::size_t size() const { return workers_.size(); }
  Worker& worker(std::size_t index) { return *workers_[index % workers_.size()]; }

  // Runs `task` on each worker's thread, one after another.
  void call(const std::function<void(Worker&)>& task);

  Counters counters();
  std::uint64_t ready_count();
  // The first fault of any worker; empty while there is none.
  std::string first_error() const;

  // How far something has come; `amount` only has to change when there is progress.
  struct Progress {
    bool done = false;
    std::uint64_t amount = 0;
  };
  // Looks every few milliseconds. False when `amount` stood still for Options::timeout_s.
  bool wait(const std::function<Progress()>& look) const;

  // Waits until `count` more links are ready than `before`. Throws std::runtime_error saying what went wrong.
  void wait_ready(std::uint64_t before, std::uint64_t count);
  // Waits `seconds`, or until a link is lost.
  void wait_seconds(double seconds);

  ProcessUsage broker_usage() const { return read_process_usage(options_.pids); }

  // Connects `links` with clean sessions and disconnects them, which ends their persistent sessions.
  void end_sessions(const std::vector<std::pair<Worker*, Link*>>& links);

 private:
  const Options& options_;
  std::vector<std::unique_ptr<Worker>> workers_;
};

// The group "broker" of a report: what the processes used between two looks, per `unit_count` of
// "cpu_us_per_<unit>".
void add_broker_usage(Report& report, const ProcessUsage& before, const ProcessUsage& after, const char* unit,
                      std::uint64_t unit_count);

// The group "faults" of a report, and a failure for each kind that happened.
void add_faults(Outcome& outcome, const Counters& counters, const std::string& first_error);

}  // namespace tenon::load
