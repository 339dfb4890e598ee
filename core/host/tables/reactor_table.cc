#include <tenon/draft/reactor.h>

#include "base/executor.h"
#include "host/instance.h"
#include "host/status_name.h"
#include "host/tables/host_tables.h"

namespace tenon::host {
namespace {

static_assert(fd_read == TENON_FD_READ && fd_write == TENON_FD_WRITE && fd_closed == TENON_FD_CLOSED);

Reactor& reactor_of(const tenon_host* host) {
  return instance_of(host).services().executor->current_reactor();
}

// The watch may be removed by the plugin while it is called: nothing of it is used afterwards.
void on_event(void* user, std::uint32_t events) {
  const PluginWatch& watch = *static_cast<PluginWatch*>(user);
  const PluginScope scope(watch.instance->tag());
  watch.fn(watch.user, events);
}

tenon_status add(const tenon_host* host, std::int32_t fd, std::uint32_t events, tenon_fd_fn fn, void* user,
                 std::uint64_t* ret_token) {
  Instance& instance = instance_of(host);
  WorkerSide* side = instance.worker_side();
  if (!side) return TENON_E_THREAD;
  if (!fn || (events & ~(TENON_FD_READ | TENON_FD_WRITE)) != 0) return TENON_E_INVALID;
  const auto entry = side->watches.insert({.instance = &instance, .fn = fn, .user = user});
  auto token = reactor_of(host).add_fd(fd, events, on_event, entry.value);
  if (!token) {
    side->watches.erase(entry.key);
    return to_abi(token.error().code);
  }
  entry.value->token = *token;
  *ret_token = entry.key;
  return TENON_OK;
}

tenon_status modify(const tenon_host* host, std::uint64_t token, std::uint32_t events) {
  WorkerSide* side = instance_of(host).worker_side();
  if (!side) return TENON_E_THREAD;
  const PluginWatch* watch = side->watches.find(token);
  if (!watch) return TENON_E_STALE;
  const Status s = reactor_of(host).modify_fd(watch->token, events & (TENON_FD_READ | TENON_FD_WRITE));
  return s ? TENON_OK : to_abi(s.error().code);
}

void remove(const tenon_host* host, std::uint64_t token) {
  WorkerSide* side = instance_of(host).worker_side();
  const PluginWatch* watch = side ? side->watches.find(token) : nullptr;
  if (!watch) return;
  reactor_of(host).remove_fd(watch->token);
  side->watches.erase(token);
}

constexpr tenon_host_reactor table{sizeof(tenon_host_reactor), 0, add, modify, remove};

}  // namespace

const void* reactor_table() {
  return &table;
}

}  // namespace tenon::host
