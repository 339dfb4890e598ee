#include "rig.h"

#include <gtest/gtest.h>

#include <chrono>

#include "host/ports.h"

namespace tenon::peer::test {

namespace {

class NoOutput final : public observe::LogOutput {
 public:
  void write(std::string_view) override {}
  void flush() override {}
  std::uint64_t lost_count() const override { return 0; }
};

// What the transport says of itself is not looked at.
class NoLog final : public host::LogPort {
 public:
  bool enabled(host::PluginLogLevel) const override { return false; }
  void write(const host::PluginLogRecord&) noexcept override {}
};
class NoMetrics final : public host::MetricsPort {
 public:
  Result<std::uint32_t> declare(const host::PluginMetric&) override { return 1u; }
  void add(std::uint32_t, std::int64_t) noexcept override {}
  void set(std::uint32_t, std::int64_t) noexcept override {}
  void observe(std::uint32_t, std::int64_t) noexcept override {}
};
class NoHealth final : public host::HealthPort {
 public:
  void report(std::string_view, host::PluginHealth, std::string_view) noexcept override {}
};

NoLog no_log;
NoMetrics no_metrics;
NoHealth no_health;

std::unique_ptr<host::PluginHost> load_tcp(const host::HostServices& services) {
  host::PluginSpec spec;
  spec.instance = "tcp";
  spec.kind = host::Kind::transport;
  host::LoadPolicy policy;
  policy.dirs = {TRANSPORT_TCP_DIR};
  auto loaded = host::PluginHost::load({spec}, policy, services);
  if (!loaded.ok()) throw std::runtime_error(loaded.error().message);
  return std::move(loaded).value();
}

void must(const Status& status) {
  if (!status.ok()) throw std::runtime_error(status.error().message);
}

}  // namespace

bool Notes::wait_until(const std::function<bool()>& condition) {
  constexpr auto patience = std::chrono::seconds(60);
  std::unique_lock lock(mutex_);
  const bool met = changed_.wait_for(lock, patience, condition);
  EXPECT_TRUE(met) << "waited in vain";
  return met;
}

void Notes::note(const std::function<void()>& change) {
  {
    const std::lock_guard lock(mutex_);
    change();
  }
  changed_.notify_all();
}

TestNode::TestNode(Notes& notes, const Options& setup)
    : notes_(notes), id_(NodeId{setup.id}), works_off_(setup.works_off) {
  log_ = std::make_unique<observe::Log>(clock_, std::make_unique<NoOutput>(), observe::LogOptions{});
  metrics_ = std::make_unique<observe::MetricRegistry>(1);
  group_ = std::move(runtime::WorkerGroup::create({})).value();
  plugins_ = load_tcp({&clock_, &random_, &disk_, group_.get(), &no_log, &no_metrics, &no_health});
  must(plugins_->activate());
  PeerOptions options;
  options.env = setup.env;
  options.token = setup.token;
  options.node = id_;
  options.incarnation = setup.incarnation;
  options.abilities = "abilities of " + std::to_string(setup.id);
  options.bind = "127.0.0.1";
  options.port = setup.port;
  options.seeds = setup.seeds;
  options.link_queue_bytes_max = setup.link_queue_bytes_max;
  options.silence_ns = setup.silence_ns;
  options.version_max = setup.version_max;
  const PeerWorld world{*plugins_->find(host::Kind::transport, "tcp"),
                        {},
                        group_->worker(0),
                        clock_,
                        random_,
                        *log_,
                        *metrics_,
                        setup.names};
  network_ = std::move(PeerNetwork::create(std::move(options), *this, world)).value();
  must(network_->open());
  must(group_->start());
  running_ = true;
  group_->run_on_each([this](runtime::Worker& worker) {
    must(plugins_->start_worker(worker.index()));
    must(network_->start());
  });
}

TestNode::~TestNode() {
  thaw();
  stop();
}

void TestNode::stop() {
  end(true);
}

void TestNode::say_goodbye() {
  group_->run_on_each([this](runtime::Worker&) { network_->say_goodbye(); });
  while (!network_->has_said_goodbye()) group_->run_on_each([](runtime::Worker&) {});
}

void TestNode::kill() {
  end(false);
}

void TestNode::end(bool goodbye) {
  if (!std::exchange(running_, false)) return;
  group_->stop([this, goodbye](runtime::Worker& worker) {
    if (goodbye)
      network_->stop();
    else
      network_->abandon();
    plugins_->stop_worker(worker.index());
  });
  network_.reset();
  plugins_->deactivate();
}

void TestNode::freeze() {
  frozen_.emplace();
  std::promise<void> standing;
  std::future<void> stands = standing.get_future();
  group_->worker(0).post(make_task([&standing, until = frozen_->get_future().share()] {
    standing.set_value();
    until.wait();
  }));
  stands.wait();
}

void TestNode::thaw() {
  if (!frozen_) return;
  frozen_->set_value();
  frozen_.reset();
}

double TestNode::metric(std::string_view name, std::string_view label_value) const {
  double sum = 0;
  for (const observe::MetricFamily& family : metrics_->collect()) {
    if (family.name != name) continue;
    for (const auto& sample : family.samples)
      if (label_value.empty() || (!sample.labels.empty() && sample.labels.front().second == label_value))
        sum += sample.value;
  }
  return sum;
}

void TestNode::work_off() {
  std::vector<Receipt> receipts;
  notes_.note([&] { receipts.swap(receipts_); });
}

void TestNode::on_message(NodeId from, std::uint8_t kind, std::string&& body, Receipt&& receipt) {
  notes_.note([&] {
    received[from].push_back(std::to_string(kind) + ":" + body);
    if (!works_off_) receipts_.push_back(std::move(receipt));
  });
}
void TestNode::on_pressure(NodeId node, Pressure pressure) {
  notes_.note([&] { pressures[node] = pressure; });
}
void TestNode::on_peer_up(NodeId node, std::uint64_t incarnation, std::string_view abilities) {
  notes_.note([&] {
    up.insert(node);
    incarnations[node] = incarnation;
    this->abilities[node] = abilities;
  });
}
void TestNode::on_peer_down(NodeId node, LinkEnd why) {
  notes_.note([&] {
    up.erase(node);
    downs.push_back(why);
  });
}
void TestNode::on_node_state(const cluster::FailureDetector::Change& change) {
  notes_.note([&] { states[change.node] = change.state; });
}
void TestNode::on_node_known(NodeId node, const Endpoint& address) {
  notes_.note([&] { known[node] = address; });
}
void TestNode::on_dial_failed(NodeId node, bool refused) {
  notes_.note([&] { refusals[node] = refused; });
}
void TestNode::on_twin(const Endpoint& address) {
  notes_.note([&] { twins.insert(address); });
}

}  // namespace tenon::peer::test
