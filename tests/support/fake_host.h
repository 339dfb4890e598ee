#pragma once

#include <tenon/abi/module.h>

#include <memory>
#include <string>

#include "support/disk_backend.h"

namespace tenon::test {

// A host for one plugin instance in a test: log (kept), config (from JSON text), data-dir, disk, health and
// metrics, and random (the same numbers each time). Must outlive the instance. One thread.
class FakeHost {
 public:
  // `disk` must outlive the host. `options_json` is an object.
  FakeHost(DiskBackend& disk, std::string data_dir, const std::string& options_json = "{}");
  FakeHost(const FakeHost&) = delete;
  FakeHost& operator=(const FakeHost&) = delete;
  ~FakeHost();

  const tenon_host* get() const;

  // All log records so far, a line each. The plugin may log meanwhile, from any thread.
  std::string log_text() const;
  // The last report: TENON_HEALTH_* and its text.
  std::uint32_t health() const;
  const std::string& health_text() const;
  // The value of a declared metric, by its name as a scrape shows it: `refused_total{reason="late"}`; of a
  // histogram the sum of what was observed. Throws std::runtime_error when there is none.
  std::int64_t metric(const std::string& name) const;

  struct State;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace tenon::test
