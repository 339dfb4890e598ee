#include "fake_host.h"

#include <algorithm>
#include <string_view>

#include <tenon/bytes.hpp>

namespace tenon::auth_file {

using sdk::text_of;

// The functions of the host tables.
struct FakeHost::Tables {
  template <class T>
  static const T* option(const tenon_host* host, const char* path, tenon_status* status) {
    const auto& options = self(host).options;
    const auto at = options.find(path);
    if (at == options.end()) return *status = TENON_E_NOT_FOUND, nullptr;
    const T* value = std::get_if<T>(&at->second);
    *status = value ? TENON_OK : TENON_E_INVALID;
    return value;
  }
  static tenon_status get_string(const tenon_host* host, const char* path, tenon_bytes* ret) {
    tenon_status status = TENON_OK;
    if (const auto* value = option<std::string>(host, path, &status)) *ret = sdk::abi(*value);
    return status;
  }
  static tenon_status get_int(const tenon_host* host, const char* path, std::int64_t* ret) {
    tenon_status status = TENON_OK;
    if (const auto* value = option<std::int64_t>(host, path, &status)) *ret = *value;
    return status;
  }
  static tenon_status get_bool(const tenon_host* host, const char* path, std::uint32_t* ret) {
    tenon_status status = TENON_OK;
    if (const auto* value = option<bool>(host, path, &status)) *ret = *value;
    return status;
  }
  static tenon_status get_origin(const tenon_host*, const char*, tenon_bytes* ret) {
    *ret = sdk::abi(std::string_view("40-auth.json:3"));
    return TENON_OK;
  }

  static std::uint32_t complete(const tenon_host* host, const tenon_completion* v, std::uint32_t count,
                                std::uint32_t stride) {
    FakeHost& me = self(host);
    const std::lock_guard lock(me.mutex_);
    std::uint32_t accepted = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
      const tenon_array all{v, count, stride};
      const tenon_completion& one = *TENON_AT(all, tenon_completion, i);
      if (me.open_.erase(one.op) == 0) {
        ++me.refused_count_;
        continue;
      }
      me.closed_[one.op] = one.status;
      ++accepted;
    }
    return accepted;
  }
  static tenon_status submit(const tenon_host* host, tenon_job_fn fn, void* arg) {
    FakeHost& me = self(host);
    const std::lock_guard lock(me.mutex_);
    if (me.jobs_.size() >= me.jobs_max) return TENON_E_BUSY;
    me.jobs_.emplace_back(fn, arg);
    return TENON_OK;
  }

  static tenon_status start_timer(const tenon_host* host, std::int64_t delay_ns, tenon_timer_fn fn,
                                  void* user, std::uint64_t* ret_token) {
    FakeHost& me = self(host);
    *ret_token = ++me.last_timer_;
    me.timers_[*ret_token] = {me.now_ns + delay_ns, fn, user};
    return TENON_OK;
  }
  static tenon_status cancel_timer(const tenon_host* host, std::uint64_t token) {
    return self(host).timers_.erase(token) == 1 ? TENON_OK : TENON_E_STALE;
  }

  static std::int64_t now(const tenon_host* host) { return self(host).now_ns; }
  static void fill(const tenon_host* host, tenon_span out) {
    FakeHost& me = self(host);
    const std::lock_guard lock(me.mutex_);
    for (std::uint64_t i = 0; i < out.len; ++i) {
      me.random_ ^= me.random_ << 13;
      me.random_ ^= me.random_ >> 7;
      me.random_ ^= me.random_ << 17;
      out.data[i] = static_cast<std::uint8_t>(me.random_);
    }
  }

  static std::uint32_t log_enabled(const tenon_host*, std::uint32_t) { return 1; }
  static void log_write(const tenon_host* host, const tenon_log_record* record) {
    FakeHost& me = self(host);
    const std::lock_guard lock(me.mutex_);
    me.events_.emplace_back(text_of(record->event));
  }
  static tenon_status declare(const tenon_host* host, const tenon_metric_desc* desc, tenon_metric* ret) {
    FakeHost& me = self(host);
    std::string name(text_of(desc->name));
    for (std::uint32_t i = 0; i < desc->labels.count; ++i)
      name += "." + std::string(text_of(TENON_AT(desc->labels, tenon_kv, i)->value));
    me.metric_names_.push_back(name);
    *ret = static_cast<tenon_metric>(me.metric_names_.size());
    return TENON_OK;
  }
  static void add(const tenon_host* host, tenon_metric metric, std::int64_t delta) {
    FakeHost& me = self(host);
    const std::lock_guard lock(me.mutex_);
    me.metrics_[me.metric_names_.at(metric - 1)] += delta;
  }
  static void set(const tenon_host* host, tenon_metric metric, std::int64_t value) {
    FakeHost& me = self(host);
    const std::lock_guard lock(me.mutex_);
    me.metrics_[me.metric_names_.at(metric - 1)] = value;
  }
  static void observe(const tenon_host* host, tenon_metric metric, std::int64_t) { add(host, metric, 1); }

  static void report(const tenon_host* host, std::uint32_t state, tenon_bytes text) {
    FakeHost& me = self(host);
    const std::lock_guard lock(me.mutex_);
    me.health_ = {state, std::string(text_of(text))};
  }
  static void invalidate(const tenon_host* host, std::uint32_t scope, tenon_bytes value) {
    FakeHost& me = self(host);
    const std::lock_guard lock(me.mutex_);
    me.invalidations_.push_back(scope == TENON_SCOPE_ALL ? "all" : "user:" + std::string(text_of(value)));
  }
};

FakeHost::FakeHost() {
  host_.struct_size = sizeof host_;
  host_.abi_level = TENON_ABI_LEVEL;
  host_.host_data = this;
  host_.get_interface = interface_of;
}

const void* FakeHost::interface_of(const tenon_host*, const char* id) {
  static const tenon_host_config config{
      sizeof config,    0,       nullptr,           Tables::get_string, Tables::get_int,
      Tables::get_bool, nullptr, Tables::get_origin};
  static const tenon_host_async async{sizeof async, 0, Tables::complete};
  static const tenon_host_pool pool{sizeof pool, 0, Tables::submit};
  static const tenon_host_timer timer{sizeof timer, 0, Tables::start_timer, Tables::cancel_timer};
  static const tenon_host_clock clock{sizeof clock, 0, Tables::now, Tables::now};
  static const tenon_host_random random{sizeof random, 0, Tables::fill};
  static const tenon_host_log log{sizeof log, 0, Tables::log_enabled, Tables::log_write};
  static const tenon_host_metrics metrics{sizeof metrics, 0,           Tables::declare,
                                          Tables::add,    Tables::set, Tables::observe};
  static const tenon_host_health health{sizeof health, 0, Tables::report};
  static const tenon_host_auth auth{sizeof auth, 0, Tables::invalidate};
  static const std::map<std::string_view, const void*> tables{
      {TENON_HOST_CONFIG_ID, &config},   {TENON_HOST_ASYNC_ID, &async},   {TENON_HOST_POOL_ID, &pool},
      {TENON_HOST_CLOCK_ID, &clock},     {TENON_HOST_RANDOM_ID, &random}, {TENON_HOST_LOG_ID, &log},
      {TENON_HOST_METRICS_ID, &metrics}, {TENON_HOST_HEALTH_ID, &health}, {TENON_HOST_AUTH_ID, &auth},
      {TENON_HOST_TIMER_ID, &timer}};
  const auto at = tables.find(id);
  return at == tables.end() ? nullptr : at->second;
}

tenon_op FakeHost::open_op() {
  const std::lock_guard lock(mutex_);
  open_.insert(++last_op_);
  return last_op_;
}

void FakeHost::close_op(tenon_op op) {
  const std::lock_guard lock(mutex_);
  open_.erase(op);
}

bool FakeHost::is_open(tenon_op op) const {
  const std::lock_guard lock(mutex_);
  return open_.count(op) > 0;
}

tenon_status FakeHost::completion_of(tenon_op op) const {
  const std::lock_guard lock(mutex_);
  const auto at = closed_.find(op);
  return at == closed_.end() ? TENON_PENDING : at->second;
}

std::size_t FakeHost::jobs_count() const {
  const std::lock_guard lock(mutex_);
  return jobs_.size();
}

bool FakeHost::run_job() {
  Job job;
  {
    const std::lock_guard lock(mutex_);
    if (jobs_.empty()) return false;
    job = jobs_.front();
    jobs_.pop_front();
  }
  job.first(job.second);
  return true;
}

void FakeHost::run_all_jobs() {
  while (run_job()) {
  }
}

void FakeHost::fire_timers() {
  const auto is_due = [this](const auto& one) { return one.second.at_ns <= now_ns; };
  for (auto at = std::ranges::find_if(timers_, is_due); at != timers_.end();
       at = std::ranges::find_if(timers_, is_due)) {
    const Timer due = timers_.extract(at).mapped();
    due.fn(due.user);
  }
}

std::int64_t FakeHost::metric(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto at = metrics_.find(name);
  return at == metrics_.end() ? 0 : at->second;
}

std::vector<std::string> FakeHost::logged_events() const {
  const std::lock_guard lock(mutex_);
  return events_;
}

std::vector<std::string> FakeHost::take_invalidations() {
  const std::lock_guard lock(mutex_);
  return std::exchange(invalidations_, {});
}

std::pair<std::uint32_t, std::string> FakeHost::health() const {
  const std::lock_guard lock(mutex_);
  return health_;
}

}  // namespace tenon::auth_file
