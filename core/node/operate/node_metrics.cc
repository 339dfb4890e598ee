#include <algorithm>

#include "kv/descriptor.h"
#include "node/node_impl.h"
#include "observe/metrics/table.h"

// Metrics of workers, ranges and plugins, which are looked up when somebody reads them.

namespace tenon::node {

namespace metrics = observe::metrics;

namespace {

using Range = admin::RangeStatus;

constexpr std::string_view stores[] = {"dist", "inbox", "meta", "retain"};

bool leads(const Range& range) {
  return range.replica && range.replica->role == "leader";
}

bool is_failed(const Range& range) {
  return range.replica && (range.replica->role == "failed" || range.replica->role == "installing");
}

bool is_kept(const Range& range) {
  return range.replica && range.replica->role == "kept";
}

std::uint64_t lag_of(const Range& range) {
  std::uint64_t most = 0;
  if (!leads(range)) return most;
  for (const auto& [node, lag] : range.replica->lags) most = std::max(most, lag);
  return most;
}

}  // namespace

Status Node::Impl::show(const observe::MetricDescriptor& descriptor, std::function<double()> read,
                        std::initializer_list<std::string_view> labels) {
  auto callback = metrics_->callback(descriptor, labels, std::move(read));
  if (!callback.ok()) return callback.error();
  callbacks_.push_back(std::move(callback).value());
  return {};
}

Status Node::Impl::show_workers() {
  worker_lags_ = std::vector<WorkerLag>(workers_->worker_count());
  for (std::uint32_t i = 0; i < workers_->worker_count(); ++i) {
    const std::string name = std::to_string(i);
    const auto stats = [this, i] { return workers_->worker(i).stats(); };
    const Status shown[] = {
        show(metrics::worker_turns, [stats] { return static_cast<double>(stats().turns); }, {name}),
        show(metrics::worker_busy, [stats] { return static_cast<double>(stats().busy_ns) / 1e9; }, {name}),
        show(metrics::worker_turn_max, [stats] { return static_cast<double>(stats().turn_ns_max) / 1e9; },
             {name}),
        show(metrics::worker_lag,
             [this, i] { return static_cast<double>(worker_lags_[i].ns(clock_.mono_ns())) / 1e9; }, {name})};
    for (const Status& one : shown)
      if (!one) return one;
  }
  return {};
}

// Each second, on the control thread.
void Node::Impl::look_at_lags() {
  for (std::uint32_t i = 0; i < worker_lags_.size(); ++i)
    if (worker_lags_[i].ask(clock_.mono_ns()))
      workers_->post(i, make_task([this, i] { worker_lags_[i].answer(clock_.mono_ns()); }));
}

Status Node::Impl::show_ranges() {
  struct Row {
    const observe::MetricDescriptor& descriptor;
    std::uint64_t (*value)(const Range& range);
    bool is_sum = true;  // else the most
  };
  static const Row rows[] = {
      {metrics::range_replicas, [](const Range& range) { return std::uint64_t{range.replica.has_value()}; }},
      {metrics::range_led, [](const Range& range) { return std::uint64_t{leads(range)}; }},
      {metrics::range_leaderless, [](const Range& range) { return std::uint64_t{range.leader.empty()}; }},
      {metrics::range_provisional, [](const Range& range) { return std::uint64_t{range.is_provisional}; }},
      {metrics::range_kept, [](const Range& range) { return std::uint64_t{is_kept(range)}; }},
      {metrics::range_failed, [](const Range& range) { return std::uint64_t{is_failed(range)}; }},
      {metrics::range_lag, lag_of, false},
      {metrics::range_commands,
       [](const Range& range) { return leads(range) ? range.replica->commands_per_s : 0; }},
  };
  for (const Row& row : rows)
    for (const std::string_view store : stores) {
      const auto read = [this, &row, store] {
        std::uint64_t value = 0;
        for (const Range& range : durable_->range_desk().ranges()) {
          if (range.store != store) continue;
          const std::uint64_t one = row.value(range);
          value = row.is_sum ? value + one : std::max(value, one);
        }
        return static_cast<double>(value);
      };
      if (Status shown = show(row.descriptor, read, {store}); !shown) return shown;
    }
  return {};
}

Status Node::Impl::show_plugins() {
  for (const host::Instance* instance : plugins_->instances()) {
    const auto health = [this, name = "plugin." + instance->name()] {
      for (const auto& condition : health_.report().conditions)
        if (condition.name == name) return static_cast<double>(condition.state);
      return 0.0;
    };
    if (Status shown = show(metrics::plugin_health, health, {instance->name()}); !shown) return shown;
    const auto slow = [instance] { return static_cast<double>(instance->stats().slow.load()); };
    if (Status shown = show(metrics::plugin_slow_calls, slow, {instance->name()}); !shown) return shown;
  }
  return {};
}

Status Node::Impl::show_observers() {
  using Counts = Observers::Counts;
  for (const std::string& name : observers_->names()) {
    const auto count = [this, name](std::uint64_t Counts::*member) {
      return [this, name, member] { return static_cast<double>(observers_->counts(name).*member); };
    };
    const Status shown[] = {show(metrics::events_delivered, count(&Counts::delivered), {name}),
                            show(metrics::events_dropped, count(&Counts::dropped), {name}),
                            show(metrics::events_failed, count(&Counts::failed), {name}),
                            show(metrics::events_queue_bytes, count(&Counts::queue_bytes), {name})};
    for (const Status& one : shown)
      if (!one) return one;
  }
  return {};
}

Status Node::Impl::show_interceptors() {
  using Counts = host::InterceptChain::Counts;
  const host::InterceptChain& chain = interceptors_->counted();
  for (std::size_t place = 0; place < chain.size(); ++place) {
    const std::string& name = chain.name(place);
    const auto count = [&chain, place](std::uint64_t Counts::*member) {
      return [&chain, place, member] { return static_cast<double>(chain.counts(place).*member); };
    };
    const Status shown[] = {show(metrics::intercept_asked, count(&Counts::asked), {name}),
                            show(metrics::intercept_refused, count(&Counts::refused), {name}),
                            show(metrics::intercept_dropped, count(&Counts::dropped), {name}),
                            show(metrics::intercept_replaced, count(&Counts::replaced), {name}),
                            show(metrics::intercept_failed, count(&Counts::failed), {name})};
    for (const Status& one : shown)
      if (!one) return one;
  }
  return {};
}

}  // namespace tenon::node
