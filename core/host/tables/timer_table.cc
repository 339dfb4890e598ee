#include <tenon/draft/timer.h>

#include "base/executor.h"
#include "base/reactor.h"
#include "host/instance.h"
#include "host/tables/host_tables.h"

namespace tenon::host {
namespace {

void on_timer(void* user) {
  const PluginTimer timer = *static_cast<PluginTimer*>(user);
  timer.side->timers.erase(timer.key);
  const PluginScope scope(timer.instance->tag());
  timer.fn(timer.user);
}

tenon_status start(const tenon_host* host, std::int64_t delay_ns, tenon_timer_fn fn, void* user,
                   std::uint64_t* ret_token) {
  Instance& instance = instance_of(host);
  WorkerSide* side = instance.worker_side();
  if (!side) return TENON_E_THREAD;
  if (!fn || delay_ns < 0) return TENON_E_INVALID;
  const auto entry = side->timers.insert({.instance = &instance, .side = side, .fn = fn, .user = user});
  entry.value->key = entry.key;
  entry.value->token =
      instance.services().executor->current_reactor().start_timer(delay_ns, on_timer, entry.value);
  if (ret_token) *ret_token = entry.key;
  return TENON_OK;
}

tenon_status cancel(const tenon_host* host, std::uint64_t token) {
  Instance& instance = instance_of(host);
  WorkerSide* side = instance.worker_side();
  if (!side) return TENON_E_THREAD;
  const PluginTimer* timer = side->timers.find(token);
  if (!timer) return TENON_E_STALE;
  instance.services().executor->current_reactor().cancel_timer(timer->token);
  side->timers.erase(token);
  return TENON_OK;
}

constexpr tenon_host_timer table{sizeof(tenon_host_timer), 0, start, cancel};

}  // namespace

const void* timer_table() {
  return &table;
}

}  // namespace tenon::host
