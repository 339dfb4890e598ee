#include "fake_host.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstring>
#include <latch>

#include <tenon/draft/clock.h>
#include <tenon/draft/pool.h>
#include <tenon/draft/reactor.h>
#include <tenon/draft/timer.h>
#include <tenon/host/async.h>
#include <tenon/host/config.h>
#include <tenon/host/log.h>
#include <tenon/host/metrics.h>

#include "runtime/system_clock.h"

namespace tenon::transport_tcp::testing {

struct FakeTables {
  static FakeHost& self(const tenon_host* host) { return *static_cast<FakeHost*>(host->host_data); }
  static runtime::Worker& worker() { return *runtime::Worker::current(); }
  static std::string text(tenon_bytes bytes) {
    return std::string(reinterpret_cast<const char*>(bytes.data), bytes.len);
  }

  // Reactor and timer: the tokens of the workers are those of the ABI.
  static tenon_status add(const tenon_host*, std::int32_t fd, std::uint32_t events, tenon_fd_fn fn,
                          void* user, std::uint64_t* ret_token) {
    const auto token = worker().add_fd(fd, events, fn, user);
    if (!token.ok()) return TENON_E_IO;
    *ret_token = static_cast<std::uint64_t>(*token);
    return TENON_OK;
  }
  static tenon_status modify(const tenon_host*, std::uint64_t token, std::uint32_t events) {
    return worker().modify_fd(FdToken{token}, events).ok() ? TENON_OK : TENON_E_STALE;
  }
  static void remove(const tenon_host*, std::uint64_t token) { worker().remove_fd(FdToken{token}); }
  static tenon_status start(const tenon_host*, std::int64_t delay_ns, tenon_timer_fn fn, void* user,
                            std::uint64_t* ret_token) {
    *ret_token = static_cast<std::uint64_t>(worker().start_timer(delay_ns, fn, user));
    return TENON_OK;
  }
  static tenon_status cancel(const tenon_host*, std::uint64_t token) {
    return worker().cancel_timer(TimerToken{token}) ? TENON_OK : TENON_E_STALE;
  }

  static std::int64_t mono_ns(const tenon_host*) { return runtime::SystemClock::now_ns(); }
  static std::int64_t unix_ns(const tenon_host*) { return runtime::SystemClock().unix_ms() * ns_per_ms; }

  static tenon_status submit(const tenon_host* host, tenon_job_fn fn, void* arg) {
    Task* task = make_task([=] { fn(arg); });
    if (self(host).group().post_blocking(task)) return TENON_OK;
    task->drop();
    return TENON_E_BUSY;
  }

  static std::uint32_t complete(const tenon_host* host, const tenon_completion* completions,
                                std::uint32_t count, std::uint32_t stride) {
    self(host).note([&] {
      for (std::uint32_t i = 0; i < count; ++i) {
        const tenon_array all{completions, count, stride};
        const auto* one = TENON_AT(all, tenon_completion, i);
        EXPECT_TRUE(self(host).ended_ops.emplace(one->op, one->status).second) << "closed twice";
      }
    });
    return count;
  }

  static std::uint32_t enabled(const tenon_host*, std::uint32_t) { return 1; }
  static void write(const tenon_host* host, const tenon_log_record* record) {
    self(host).note([&] { self(host).logged.push_back(text(record->event)); });
  }

  static tenon_status declare(const tenon_host* host, const tenon_metric_desc* desc,
                              tenon_metric* ret_metric) {
    self(host).metric_names_.push_back(text(desc->name));
    *ret_metric = static_cast<tenon_metric>(self(host).metric_names_.size());
    return TENON_OK;
  }
  static void count(const tenon_host* host, tenon_metric metric, std::int64_t delta) {
    self(host).note([&] { self(host).counted[self(host).metric_names_.at(metric - 1)] += delta; });
  }

  template <class T>
  static tenon_status option(const tenon_host* host, const char* path, T& value) {
    const auto found = self(host).options.find(path);
    if (found == self(host).options.end()) return TENON_E_NOT_FOUND;
    const T* typed = std::get_if<T>(&found->second);
    if (!typed) return TENON_E_INVALID;
    value = *typed;
    return TENON_OK;
  }
  static tenon_status get_int(const tenon_host* host, const char* path, std::int64_t* ret_value) {
    return option(host, path, *ret_value);
  }
  static tenon_status get_bool(const tenon_host* host, const char* path, std::uint32_t* ret_value) {
    bool value = false;
    const tenon_status status = option(host, path, value);
    if (status == TENON_OK) *ret_value = value;
    return status;
  }
  static tenon_status get_string(const tenon_host* host, const char* path, tenon_bytes* ret_text) {
    static thread_local std::string value;
    const tenon_status status = option(host, path, value);
    if (status == TENON_OK) *ret_text = {reinterpret_cast<const std::uint8_t*>(value.data()), value.size()};
    return status;
  }

  static const void* get_interface(const tenon_host*, const char* id) {
    static const tenon_host_reactor reactor{sizeof reactor, 0, add, modify, remove};
    static const tenon_host_timer timer{sizeof timer, 0, start, cancel};
    static const tenon_host_clock clock{sizeof clock, 0, mono_ns, unix_ns};
    static const tenon_host_pool pool{sizeof pool, 0, submit};
    static const tenon_host_async async{sizeof async, 0, complete};
    static const tenon_host_log log{sizeof log, 0, enabled, write};
    static const tenon_host_metrics metrics{sizeof metrics, 0, declare, count, nullptr, nullptr};
    static const tenon_host_config config{sizeof config, 0,        nullptr, get_string,
                                          get_int,       get_bool, nullptr, nullptr};
    static const std::map<std::string_view, const void*> tables = {
        {TENON_HOST_REACTOR_ID, &reactor}, {TENON_HOST_TIMER_ID, &timer},  {TENON_HOST_CLOCK_ID, &clock},
        {TENON_HOST_POOL_ID, &pool},       {TENON_HOST_ASYNC_ID, &async},  {TENON_HOST_LOG_ID, &log},
        {TENON_HOST_METRICS_ID, &metrics}, {TENON_HOST_CONFIG_ID, &config}};
    const auto found = tables.find(id);
    return found == tables.end() ? nullptr : found->second;
  }
};

FakeHost::FakeHost(std::uint32_t worker_count) {
  host_ = {sizeof host_, TENON_ABI_LEVEL, this, FakeTables::get_interface};
  runtime::WorkerGroupOptions group_options;
  group_options.worker_count = worker_count;
  group_ = runtime::WorkerGroup::create(group_options).value();
}

void FakeHost::on_worker(std::uint32_t index, const std::function<void()>& fn) {
  std::latch done(1);
  group_->post(index, make_task([&] {
                 fn();
                 done.count_down();
               }));
  done.wait();
}

bool FakeHost::wait_until(const std::function<bool()>& condition) {
  constexpr auto patience = std::chrono::seconds(60);
  std::unique_lock lock(mutex_);
  const bool met = changed_.wait_for(lock, patience, condition);
  EXPECT_TRUE(met) << "waited in vain";
  return met;
}

void FakeHost::note(const std::function<void()>& change) {
  {
    const std::lock_guard lock(mutex_);
    change();
  }
  changed_.notify_all();
}

}  // namespace tenon::transport_tcp::testing
