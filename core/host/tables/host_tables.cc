#include "host/tables/host_tables.h"

#include <tenon/draft/buf.h>
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

#include <algorithm>
#include <array>

#include "host/instance.h"

namespace tenon::host {

std::span<const HostTable> host_tables() {
  static const std::array<HostTable, 15> all{{
      {TENON_HOST_ASYNC_ID, async_table()},
      {TENON_HOST_AUTH_ID, auth_host_table()},
      {TENON_HOST_CONFIG_ID, config_table()},
      {TENON_HOST_HEALTH_ID, health_table()},
      {TENON_HOST_LOG_ID, log_table()},
      {TENON_HOST_METRICS_ID, metrics_table()},
      {TENON_HOST_BUF_ID, buf_table(), TENON_DRAFT_HASH_BUF},
      {TENON_HOST_CLOCK_ID, clock_table(), TENON_DRAFT_HASH_CLOCK},
      {TENON_HOST_DATA_DIR_ID, data_dir_table(), TENON_DRAFT_HASH_DATA_DIR},
      {TENON_HOST_DISK_ID, disk_table(), TENON_DRAFT_HASH_DISK},
      {TENON_HOST_NET_ID, net_table(), TENON_DRAFT_HASH_NET},
      {TENON_HOST_POOL_ID, pool_table(), TENON_DRAFT_HASH_POOL},
      {TENON_HOST_RANDOM_ID, random_table(), TENON_DRAFT_HASH_RANDOM},
      {TENON_HOST_REACTOR_ID, reactor_table(), TENON_DRAFT_HASH_REACTOR},
      {TENON_HOST_TIMER_ID, timer_table(), TENON_DRAFT_HASH_TIMER},
  }};
  return all;
}

const HostTable* find_host_table(std::string_view id) {
  const auto all = host_tables();
  const auto at = std::find_if(all.begin(), all.end(), [&](const HostTable& t) { return id == t.id; });
  return at == all.end() ? nullptr : &*at;
}

const void* get_host_interface(const tenon_host* host, const char* id) {
  const HostTable* found = id ? find_host_table(id) : nullptr;
  if (!found) return nullptr;
  return found->draft_hash == 0 || instance_of(host).requires_table(id) ? found->table : nullptr;
}

}  // namespace tenon::host
