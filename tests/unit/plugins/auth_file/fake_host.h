#pragma once

#include <tenon/draft/clock.h>
#include <tenon/draft/pool.h>
#include <tenon/draft/random.h>
#include <tenon/draft/timer.h>
#include <tenon/sdk.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace tenon::auth_file {

// A host for one plugin: options, time and the pool are in the hands of the test; what the plugin says is
// kept. The pool runs jobs only when told to, and timers fire then only. Functions that a host offers to any
// thread may be called from any here.
class FakeHost {
 public:
  using Option = std::variant<std::string, std::int64_t, bool>;

  FakeHost();
  FakeHost(const FakeHost&) = delete;
  FakeHost& operator=(const FakeHost&) = delete;

  const tenon_host* host() const { return &host_; }

  std::map<std::string, Option> options;
  std::atomic<std::int64_t> now_ns{1'000'000'000};
  std::size_t jobs_max = 1'000'000;

  // Opens a token; complete() accepts it once.
  tenon_op open_op();
  // Forgets a token, as after an answer that was complete at once.
  void close_op(tenon_op op);
  bool is_open(tenon_op op) const;
  // What an operation was closed with; TENON_PENDING: it was not.
  tenon_status completion_of(tenon_op op) const;
  std::size_t refused_completions_count() const { return refused_count_; }

  std::size_t jobs_count() const;
  // Runs one job of the pool on this thread. False: there was none.
  bool run_job();
  void run_all_jobs();

  // That were started, and have neither fired nor been cancelled.
  std::size_t timers_count() const { return timers_.size(); }
  // Fires those whose time has come.
  void fire_timers();

  std::int64_t metric(const std::string& name) const;
  std::vector<std::string> logged_events() const;
  // "all", "user:NAME"
  std::vector<std::string> take_invalidations();
  std::pair<std::uint32_t, std::string> health() const;

 private:
  struct Tables;
  using Job = std::pair<tenon_job_fn, void*>;
  struct Timer {
    std::int64_t at_ns;
    tenon_timer_fn fn;
    void* user;
  };

  static FakeHost& self(const tenon_host* host) { return *static_cast<FakeHost*>(host->host_data); }
  static const void* interface_of(const tenon_host* host, const char* id);

  tenon_host host_{};
  mutable std::mutex mutex_;
  tenon_op last_op_ = 0;
  std::set<tenon_op> open_;
  std::map<tenon_op, tenon_status> closed_;
  std::atomic<std::size_t> refused_count_{0};
  std::deque<Job> jobs_;
  std::map<std::uint64_t, Timer> timers_;
  std::uint64_t last_timer_ = 0;
  std::vector<std::string> metric_names_;
  std::map<std::string, std::int64_t> metrics_;
  std::vector<std::string> events_;
  std::vector<std::string> invalidations_;
  std::pair<std::uint32_t, std::string> health_{TENON_HEALTH_OK, ""};
  std::uint64_t random_ = 88172645463325252u;
};

}  // namespace tenon::auth_file
