#include "threads/watched_host.h"

#include <tenon/draft/clock.h>
#include <tenon/draft/data_dir.h>
#include <tenon/draft/disk.h>
#include <tenon/draft/net.h>
#include <tenon/draft/pool.h>
#include <tenon/draft/random.h>
#include <tenon/draft/reactor.h>
#include <tenon/draft/timer.h>
#include <tenon/host/async.h>
#include <tenon/host/config.h>
#include <tenon/host/health.h>
#include <tenon/host/log.h>
#include <tenon/host/metrics.h>
#include <tenon/kind/auth.h>

#include <mutex>
#include <string_view>
#include <thread>

#include "base/executor.h"
#include "host/instance.h"
#include "host/tables/host_tables.h"

namespace tenon::tools {
namespace {

// Where a function may be called, as the headers tag it.
enum class Tag : std::uint8_t { any, log, setup, worker, store_or_setup };

std::mutex violation_mutex;
std::string first_violation;
std::thread::id control_thread;
thread_local const char* silent_call = nullptr;
thread_local bool log_is_allowed_here = false;

void keep(const std::string& violation) {
  const std::lock_guard lock(violation_mutex);
  if (first_violation.empty()) first_violation = violation;
}

bool is_worker(const tenon_host* host) {
  return host::instance_of(host).services().executor->current_worker() != Executor::no_worker;
}

void look_at_call(const tenon_host* host, const char* name, Tag tag) {
  const std::string what(name);
  if (silent_call && !(tag == Tag::log && log_is_allowed_here))
    return keep("calls " + what + " in " + silent_call + ", where it may call " +
                (log_is_allowed_here ? "the log only" : "nothing"));
  if (tag == Tag::setup && std::this_thread::get_id() != control_thread)
    return keep("calls " + what + ", which is [setup], on a thread of its own or a worker");
  if (tag == Tag::worker && !is_worker(host))
    return keep("calls " + what + ", which is [worker], on a thread that is no worker");
  if (tag == Tag::store_or_setup && is_worker(host))
    return keep("calls " + what + ", which may block, on a worker");
}

// Stands for one function of a table.
template <auto Member>
struct Watched;

template <class Table, class Return, class... Args, Return (*Table::*Member)(const tenon_host*, Args...)>
struct Watched<Member> {
  static inline const Table* original = nullptr;
  static inline const char* name = "";
  static inline Tag tag = Tag::any;

  static Return call(const tenon_host* host, Args... args) {
    look_at_call(host, name, tag);
    return (original->*Member)(host, args...);
  }
};

// A copy of a host's table whose functions are watched.
template <class Table>
class WatchedTable {
 public:
  explicit WatchedTable(const void* original)
      : original_(static_cast<const Table*>(original)), copy_(*original_) {}
  template <auto Member>
  WatchedTable& watch(const char* name, Tag tag) {
    Watched<Member>::original = original_;
    Watched<Member>::name = name;
    Watched<Member>::tag = tag;
    copy_.*Member = Watched<Member>::call;
    return *this;
  }
  const void* table() const { return &copy_; }

 private:
  const Table* original_;
  Table copy_;
};

const void* watched_log(const void* original) {
  static auto made = WatchedTable<tenon_host_log>(original)
                         .watch<&tenon_host_log::enabled>("log.enabled", Tag::log)
                         .watch<&tenon_host_log::write>("log.write", Tag::log);
  return made.table();
}

const void* watched_config(const void* original) {
  static auto made = WatchedTable<tenon_host_config>(original)
                         .watch<&tenon_host_config::get_json>("config.get_json", Tag::setup)
                         .watch<&tenon_host_config::get_string>("config.get_string", Tag::setup)
                         .watch<&tenon_host_config::get_int>("config.get_int", Tag::setup)
                         .watch<&tenon_host_config::get_bool>("config.get_bool", Tag::setup)
                         .watch<&tenon_host_config::get_count>("config.get_count", Tag::setup)
                         .watch<&tenon_host_config::get_origin>("config.get_origin", Tag::setup);
  return made.table();
}

const void* watched_metrics(const void* original) {
  static auto made = WatchedTable<tenon_host_metrics>(original)
                         .watch<&tenon_host_metrics::declare>("metrics.declare", Tag::setup)
                         .watch<&tenon_host_metrics::add>("metrics.add", Tag::any)
                         .watch<&tenon_host_metrics::set>("metrics.set", Tag::any)
                         .watch<&tenon_host_metrics::observe>("metrics.observe", Tag::any);
  return made.table();
}

const void* watched_timer(const void* original) {
  static auto made = WatchedTable<tenon_host_timer>(original)
                         .watch<&tenon_host_timer::start>("timer.start", Tag::worker)
                         .watch<&tenon_host_timer::cancel>("timer.cancel", Tag::worker);
  return made.table();
}

const void* watched_reactor(const void* original) {
  static auto made = WatchedTable<tenon_host_reactor>(original)
                         .watch<&tenon_host_reactor::add>("reactor.add", Tag::worker)
                         .watch<&tenon_host_reactor::modify>("reactor.modify", Tag::worker)
                         .watch<&tenon_host_reactor::remove>("reactor.remove", Tag::worker);
  return made.table();
}

const void* watched_disk(const void* original) {
  static auto made = WatchedTable<tenon_host_disk>(original)
                         .watch<&tenon_host_disk::open>("disk.open", Tag::store_or_setup)
                         .watch<&tenon_host_disk::pread>("disk.pread", Tag::store_or_setup)
                         .watch<&tenon_host_disk::pwrite_v>("disk.pwrite_v", Tag::store_or_setup)
                         .watch<&tenon_host_disk::fdatasync>("disk.fdatasync", Tag::store_or_setup)
                         .watch<&tenon_host_disk::truncate>("disk.truncate", Tag::store_or_setup)
                         .watch<&tenon_host_disk::rename>("disk.rename", Tag::store_or_setup)
                         .watch<&tenon_host_disk::remove>("disk.remove", Tag::store_or_setup)
                         .watch<&tenon_host_disk::sync_dir>("disk.sync_dir", Tag::store_or_setup)
                         .watch<&tenon_host_disk::list>("disk.list", Tag::store_or_setup);
  return made.table();
}

const void* watched_data_dir(const void* original) {
  static auto made = WatchedTable<tenon_host_data_dir>(original).watch<&tenon_host_data_dir::path>(
      "data-dir.path", Tag::setup);
  return made.table();
}

const void* watched_net(const void* original) {
  static auto made = WatchedTable<tenon_host_net>(original)
                         .watch<&tenon_host_net::transport>("net.transport", Tag::setup)
                         .watch<&tenon_host_net::open_op>("net.open_op", Tag::worker)
                         .watch<&tenon_host_net::close_op>("net.close_op", Tag::worker);
  return made.table();
}

// Tables of which each function may be called on any thread: watched for calls at which nothing may be
// called.
const void* watched_async(const void* original) {
  static auto made =
      WatchedTable<tenon_host_async>(original).watch<&tenon_host_async::complete>("async.complete", Tag::any);
  return made.table();
}

const void* watched_auth(const void* original) {
  static auto made = WatchedTable<tenon_host_auth>(original).watch<&tenon_host_auth::invalidate>(
      "auth.invalidate", Tag::any);
  return made.table();
}

const void* watched_clock(const void* original) {
  static auto made = WatchedTable<tenon_host_clock>(original)
                         .watch<&tenon_host_clock::mono_ns>("clock.mono_ns", Tag::any)
                         .watch<&tenon_host_clock::unix_ns>("clock.unix_ns", Tag::any);
  return made.table();
}

const void* watched_random(const void* original) {
  static auto made =
      WatchedTable<tenon_host_random>(original).watch<&tenon_host_random::fill>("random.fill", Tag::any);
  return made.table();
}

const void* watched_pool(const void* original) {
  static auto made =
      WatchedTable<tenon_host_pool>(original).watch<&tenon_host_pool::submit>("pool.submit", Tag::any);
  return made.table();
}

const void* watched_health(const void* original) {
  static auto made =
      WatchedTable<tenon_host_health>(original).watch<&tenon_host_health::report>("health.report", Tag::any);
  return made.table();
}

struct Row {
  std::string_view id;
  const void* (*watched)(const void* original);
};
constexpr Row rows[] = {
    {TENON_HOST_LOG_ID, watched_log},         {TENON_HOST_CONFIG_ID, watched_config},
    {TENON_HOST_METRICS_ID, watched_metrics}, {TENON_HOST_TIMER_ID, watched_timer},
    {TENON_HOST_REACTOR_ID, watched_reactor}, {TENON_HOST_DISK_ID, watched_disk},
    {TENON_HOST_NET_ID, watched_net},         {TENON_HOST_DATA_DIR_ID, watched_data_dir},
    {TENON_HOST_ASYNC_ID, watched_async},     {TENON_HOST_AUTH_ID, watched_auth},
    {TENON_HOST_CLOCK_ID, watched_clock},     {TENON_HOST_RANDOM_ID, watched_random},
    {TENON_HOST_POOL_ID, watched_pool},       {TENON_HOST_HEALTH_ID, watched_health},
};

}  // namespace

void WatchedHost::begin() {
  control_thread = std::this_thread::get_id();
  const std::lock_guard lock(violation_mutex);
  first_violation.clear();
}

const void* WatchedHost::get_interface(const tenon_host* host, const char* id) {
  const void* const original = host::get_host_interface(host, id);
  if (!original) return nullptr;
  for (const Row& row : rows)
    if (row.id == id) return row.watched(original);
  return original;
}

std::string WatchedHost::violation() {
  const std::lock_guard lock(violation_mutex);
  return first_violation;
}

WatchedHost::Silence::Silence(const char* call, bool log_is_allowed) {
  silent_call = call;
  log_is_allowed_here = log_is_allowed;
}

WatchedHost::Silence::~Silence() {
  silent_call = nullptr;
}

}  // namespace tenon::tools
