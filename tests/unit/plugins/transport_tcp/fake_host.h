#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <variant>
#include <vector>

#include <tenon/abi/module.h>

#include "runtime/worker_group.h"

namespace tenon::transport_tcp::testing {

// The host tables that the plugin needs, over real workers and a real pool. Everything the plugin tells the
// host is kept here; wait_until() is how a test waits for it.
class FakeHost {
 public:
  using Option = std::variant<std::int64_t, bool, std::string>;

  explicit FakeHost(std::uint32_t worker_count);

  const tenon_host* abi() const { return &host_; }
  runtime::WorkerGroup& group() { return *group_; }

  // Runs `fn` on a worker between two turns and returns when it has.
  void on_worker(std::uint32_t index, const std::function<void()>& fn);
  // Returns when `condition` holds; it is looked at, with the lock held, whenever something was noted. Fails
  // the test when that takes unreasonably long.
  bool wait_until(const std::function<bool()>& condition);
  // Changes what conditions look at.
  void note(const std::function<void()>& change);

  // Results of closed operations, texts of log records, metrics by name. Read inside wait_until() or note().
  std::map<std::uint64_t, tenon_status> ended_ops;
  std::vector<std::string> logged;
  std::map<std::string, std::int64_t> counted;
  // What tenon.host.config/1 answers.
  std::map<std::string, Option> options;

 private:
  friend struct FakeTables;

  tenon_host host_{};
  std::unique_ptr<runtime::WorkerGroup> group_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> metric_names_;
};

}  // namespace tenon::transport_tcp::testing
