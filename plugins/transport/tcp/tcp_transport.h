#pragma once

#include <array>

#include <tenon/async.hpp>
#include <tenon/clock.hpp>
#include <tenon/pool.hpp>
#include <tenon/reactor.hpp>
#include <tenon/timer.hpp>
#include <tenon/transport.hpp>

#include "counters.h"
#include "link/conn.h"
#include "link/drain.h"
#include "listen/listener.h"
#include "options.h"
#include "options_schema.h"
#include "worker_state.h"

namespace tenon::transport_tcp {

inline constexpr const char* required_tables[] = {
    TENON_HOST_ASYNC_ID,
    TENON_HOST_CLOCK_ID,
    TENON_HOST_CONFIG_ID,
    TENON_HOST_POOL_ID,
    TENON_HOST_REACTOR_ID,
    TENON_HOST_TIMER_ID,
    nullptr,
};

// The plugin: links over TCP and unix sockets. README.md says what it promises, draft/transport.h what each
// call does.
class TcpTransport final : public sdk::TransportPlugin<TcpTransport> {
 public:
  using Conn = transport_tcp::Conn;
  using Listener = transport_tcp::Listener;
  using Worker = WorkerState;

  static constexpr sdk::PluginInfo info{
      .id = "tenon.transport-tcp",
      .name = "tcp",
      .version = TENON_VERSION,
      .config_schema_json = options_schema,
      .requires_host = required_tables,
  };

  explicit TcpTransport(const tenon_host* host);

  void init();
  void activate();
  tenon_status quiesce(tenon_op op) { return drain_.quiesce(op); }

  Listener* listen(const tenon_listen_request& request, const sdk::LinkEvents& events);
  static void listener_close(Listener* listener) { delete listener; }
  tenon_status connect(std::uint32_t worker, const tenon_connect_request& request,
                       const sdk::LinkEvents& events, tenon_op op);

  // For the parts. What init has made does not change afterwards. [any]
  const Options& options() const { return options_; }
  const CounterMetrics& counter_metrics() const { return counter_metrics_; }
  const sdk::Async& async() const { return async_; }
  const sdk::Clock& clock() const { return clock_; }
  const sdk::Pool& pool() const { return pool_; }
  const sdk::Reactor& reactor() const { return reactor_; }
  const sdk::Timer& timer() const { return timer_; }
  using TransportPlugin::log;
  Drain& drain() { return drain_; }

  // The state of a worker. Throws a Failure when it has none. [worker], that one
  WorkerState& worker(std::uint32_t index);
  void set_worker(std::uint32_t index, WorkerState* state);

 private:
  static constexpr std::size_t workers_max = 1024;

  Options options_;
  CounterMetrics counter_metrics_;
  sdk::Async async_;
  sdk::Clock clock_;
  sdk::Pool pool_;
  sdk::Reactor reactor_;
  sdk::Timer timer_;
  Drain drain_{async_};
  std::array<WorkerState*, workers_max> workers_{};  // each place touched by its own worker alone
};

}  // namespace tenon::transport_tcp
