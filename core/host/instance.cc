#include "host/instance.h"

#include <utility>

#include "base/assert.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/reactor.h"
#include "host/status_name.h"
#include "host/tables/host_tables.h"

namespace tenon::host {
namespace {

// Calls into a plugin whose code may be C++ without a barrier of its own: what it throws becomes a status.
// Works for plugins that share our C++ runtime; one with a runtime of its own ends the process (abi/base.h,
// rule 5).
template <class Call>
tenon_status call_guarded(const PluginTag& tag, Call&& call) {
  const PluginScope scope(tag);
  try {
    return call();
  } catch (...) {
    return TENON_E_EXCEPTION;
  }
}

template <class Call>
void call_guarded_void(const PluginTag& tag, Call&& call) {
  call_guarded(tag, [&] {
    call();
    return TENON_OK;
  });
}

class QuiesceOp final : public Operation {
 public:
  explicit QuiesceOp(std::function<void()> done) : done_(std::move(done)) {}
  void on_closed(tenon_status, End) override { done_(); }
  std::function<void()> done_;
};

}  // namespace

Instance::Instance(PluginSpec spec, Offer offer, HostServices services, std::int64_t call_budget_ns,
                   const Neighbours* neighbours)
    : spec_(std::move(spec)),
      offer_(std::move(offer)),
      services_(services),
      call_budget_ns_(call_budget_ns),
      neighbours_(neighbours),
      tag_{spec_.instance.c_str(), offer_.descriptor->plugin_id, offer_.descriptor->version,
           offer_.file.c_str()},
      ops_(services.executor, &stats_, offer_.descriptor->max_inflight) {
  for (std::uint32_t i = 0; i < services.executor->worker_count(); ++i)
    workers_.push_back(std::make_unique<WorkerSide>());
  host_ = {sizeof(tenon_host), TENON_ABI_LEVEL, this, get_host_interface};
}

Instance::~Instance() {
  if (raw_ && table_.destroy) call_guarded_void(tag_, [&] { table_.destroy(raw_); });
  ops_.clear();
}

void Instance::pose_as(GetInterface get_interface, std::uint32_t abi_level) {
  host_.get_interface = get_interface;
  host_.abi_level = abi_level;
}

void Instance::go(Life next) {
  TENON_BUG(may_follow(life_, next), "a plugin's life-cycle call came in the wrong order");
  life_ = next;
}

Status Instance::fail(const char* step, tenon_status status, const tenon_error& error) {
  host::count(stats_.errors);
  if (may_follow(life_, Life::failed)) life_ = Life::failed;
  return Error{to_errc(status), std::string(step) + " failed: " + describe(status, error)};
}

template <class Call>
Status Instance::call_step(const char* step, Life next, Call&& call) {
  TENON_BUG(may_follow(life_, next), "a plugin's life-cycle call came in the wrong order");
  tenon_error error = fresh_error();
  host::count(stats_.calls);
  const tenon_status status = call_guarded(tag_, [&] { return call(&error); });
  if (status != TENON_OK) return fail(step, status, error);
  go(next);
  return {};
}

Status Instance::read_options() {
  auto options = Options::parse(spec_.options_json);
  if (!options) return options.error();
  if (const char* schema = descriptor().config_schema_json)
    if (Status s = options->check(schema); !s) return s;
  options_ = std::make_unique<Options>(std::move(options).value());
  return {};
}

Status Instance::create() {
  TENON_BUG(life_ == Life::made && !raw_, "a plugin's life-cycle call came in the wrong order");
  tenon_error error = fresh_error();
  tenon_plugin* made = nullptr;
  const tenon_status status = call_guarded(tag_, [&] { return descriptor().create(&host_, &made, &error); });
  if (status == TENON_OK && made) {
    auto table = normalise_plugin(made);
    if (!table) {
      life_ = Life::failed;
      const auto destroy = normalised<tenon_plugin>(made).destroy;
      if (destroy) call_guarded_void(tag_, [&] { destroy(made); });
      return table.error();
    }
    raw_ = made;
    table_ = *table;
    return {};
  }
  return fail("create", status == TENON_OK ? TENON_E_INTERNAL : status, error);
}

Status Instance::init() {
  metrics_.begin_life();
  options_readable_ = true;
  Status s = call_step("init", Life::ready, [&](tenon_error* error) { return table_.init(raw_, error); });
  options_readable_ = false;
  return s;
}

Status Instance::activate() {
  const void* offered = nullptr;
  Status s = call_step("activate", Life::active, [&](tenon_error* error) {
    const tenon_status status = table_.activate ? table_.activate(raw_, error) : TENON_OK;
    if (status == TENON_OK) offered = table_.get_interface(raw_, kind_id(spec_.kind));
    return status;
  });
  if (!s) return s;
  if (!offered)
    s = Error{Errc::invalid,
              std::string("it offers no table ") + kind_id(spec_.kind) + ", though its descriptor says so"};
  else
    s = fill_kind_table(spec_.kind, offered, tables_);
  if (!s) {
    go(Life::quiescing);
    deactivate();
  }
  return s;
}

Status Instance::start_worker(std::uint32_t worker) {
  TENON_BUG(life_ == Life::active && services_.executor->current_worker() == worker,
            "start_worker: wrong place");
  WorkerSide& side = *workers_[worker];
  TENON_BUG(!side.started, "start_worker: started already");
  if (table_.worker_start) {
    tenon_error error = fresh_error();
    const tenon_status status =
        call_guarded(tag_, [&] { return table_.worker_start(raw_, worker, &side.context, &error); });
    if (status != TENON_OK) {
      host::count(stats_.errors);
      return Error{to_errc(status), "worker_start failed: " + describe(status, error)};
    }
  }
  side.started = true;
  return {};
}

void Instance::stop_worker(std::uint32_t worker) {
  WorkerSide& side = *workers_[worker];
  if (!side.started) return;
  if (table_.worker_stop) call_guarded_void(tag_, [&] { table_.worker_stop(raw_, side.context); });
  Reactor& reactor = services_.executor->current_reactor();
  side.watches.drain([&](PluginWatch& watch) {
    host::count(stats_.dropped);
    reactor.remove_fd(watch.token);
  });
  side.timers.drain([&](PluginTimer& timer) {
    host::count(stats_.dropped);
    reactor.cancel_timer(timer.token);
  });
  side.context = nullptr;
  side.started = false;
}

Result<Instance::Applied> Instance::reconfigure(std::string options_json) {
  if (life_ != Life::active) return Error{Errc::busy, "it is not running, or about to stop"};
  auto fresh = Options::parse(std::move(options_json));
  if (!fresh) return fresh.error();
  if (const char* schema = descriptor().config_schema_json)
    if (Status s = fresh->check(schema); !s) return s.error();
  if (!table_.reconfigure) return Applied::after_restart;
  auto next = std::make_unique<Options>(std::move(fresh).value());
  std::swap(options_, next);
  options_readable_ = true;
  tenon_error error = fresh_error();
  host::count(stats_.calls);
  const tenon_status status = call_guarded(tag_, [&] { return table_.reconfigure(raw_, &error); });
  options_readable_ = false;
  if (status == TENON_OK) return Applied::now;
  std::swap(options_, next);
  if (status == TENON_NEEDS_RESTART) return Applied::after_restart;
  host::count(stats_.errors);
  return Error{to_errc(status), "reconfigure failed: " + describe(status, error)};
}

void Instance::quiesce(std::function<void()> done) {
  go(Life::quiescing);
  const tenon_op op = table_.quiesce ? ops_.open(control_owner, std::make_unique<QuiesceOp>(done),
                                                 services_.clock->mono_ns(), OpTable::Bound::by_shard)
                                     : 0;
  if (op == 0) return done();
  const tenon_status status = call_guarded(tag_, [&] { return table_.quiesce(raw_, op); });
  if (status == TENON_PENDING) return;
  if (ops_.close(op)) done();
}

void Instance::deactivate() {
  if (life_ == Life::active) go(Life::quiescing);
  pool_jobs_.wait();
  ops_.wind_up();  // answers hold permission sets, which are the plugin's
  if (table_.deactivate) call_guarded_void(tag_, [&] { table_.deactivate(raw_); });
  ops_.clear();
  go(Life::stopped);
}

WorkerSide* Instance::worker_side() {
  const std::uint32_t worker = services_.executor->current_worker();
  return worker < workers_.size() ? workers_[worker].get() : nullptr;
}

tenon_op Instance::open_op(std::unique_ptr<Operation> operation) {
  const std::uint32_t worker = services_.executor->current_worker();
  return ops_.open(worker == Executor::no_worker ? control_owner : worker, std::move(operation),
                   services_.clock->mono_ns());
}

bool Instance::requires_table(std::string_view id) const {
  const char* const* ids = descriptor().requires_host;
  for (std::size_t i = 0; ids && ids[i]; ++i)
    if (id == ids[i]) return true;
  return false;
}

}  // namespace tenon::host
