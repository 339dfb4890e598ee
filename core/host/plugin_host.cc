#include "host/plugin_host.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "host/load/loader.h"
#include "host/load/refusal.h"

namespace tenon::host {
namespace {

constexpr std::string_view plugin_remedy = "correct what it names, or remove the entry";

// Calls `done` when the last of several is finished.
struct Countdown {
  std::size_t left = 0;
  std::function<void()> done;
  void finish_one() {
    if (--left == 0) done();
  }
};

// A plugin that can't do what it is told to by its options says so (TENON_E_INVALID); all else is its own
// fault, or the moment's.
Error refuse_step(Refusal why, const Instance& instance, const Error& cause) {
  Error error = refuse(why, instance.spec(), instance.file(), cause.message, plugin_remedy);
  if (cause.code == Errc::invalid) error.code = Errc::invalid;
  return error;
}

// From create to init: the instance is usable, or the line why not.
Status start(Instance& instance) {
  const PluginSpec& spec = instance.spec();
  if (const Status s = instance.read_options(); !s)
    return refuse(Refusal::options, spec, instance.file(), s.error().message,
                  "correct the options of \"" + spec.instance + "\" in conf.d");
  if (const Status s = instance.create(); !s) return refuse_step(Refusal::create, instance, s.error());
  if (const Status s = instance.init(); !s) return refuse_step(Refusal::init, instance, s.error());
  return {};
}

}  // namespace

Result<std::unique_ptr<PluginHost>> PluginHost::load(std::vector<PluginSpec> specs, const LoadPolicy& policy,
                                                     const HostServices& services) {
  std::unique_ptr<PluginHost> host(new PluginHost);
  const Neighbours* const neighbours = host.get();
  Loader loader(policy);
  for (PluginSpec& spec : specs) {
    const bool taken = std::any_of(host->instances_.begin(), host->instances_.end(),
                                   [&](const auto& other) { return other->name() == spec.instance; });
    if (taken)
      return refuse(Refusal::name, spec, "", "there are two plugins of this name",
                    "rename one of them in conf.d");
    auto offer = loader.find(spec);
    if (!offer) return std::move(offer).error();
    host->instances_.push_back(std::make_unique<Instance>(std::move(spec), std::move(offer).value(), services,
                                                          policy.call_budget_ns, neighbours));
    if (Status s = start(*host->instances_.back()); !s) return s.error();
  }
  return host;
}

PluginHost::~PluginHost() {
  while (!instances_.empty()) instances_.pop_back();
}

Status PluginHost::activate() {
  for (const auto& instance : instances_) {
    const Status s = instance->activate();
    if (s) continue;
    deactivate();
    return refuse_step(Refusal::activate, *instance, s.error());
  }
  return {};
}

Status PluginHost::start_worker(std::uint32_t worker) {
  for (const auto& instance : instances_) {
    const Status s = instance->start_worker(worker);
    if (s) continue;
    stop_worker(worker);
    return refuse_step(Refusal::activate, *instance, s.error());
  }
  return {};
}

void PluginHost::stop_worker(std::uint32_t worker) {
  for (auto at = instances_.rbegin(); at != instances_.rend(); ++at) (*at)->stop_worker(worker);
}

void PluginHost::quiesce(std::function<void()> done) {
  auto countdown = std::make_shared<Countdown>(Countdown{instances_.size() + 1, std::move(done)});
  for (const auto& instance : instances_) instance->quiesce([countdown] { countdown->finish_one(); });
  countdown->finish_one();
}

void PluginHost::deactivate() {
  for (auto at = instances_.rbegin(); at != instances_.rend(); ++at) {
    const Life life = (*at)->life();
    if (life == Life::active || life == Life::quiescing) (*at)->deactivate();
  }
}

Instance* PluginHost::find(Kind kind, std::string_view name) const {
  for (const auto& instance : instances_)
    if (instance->spec().kind == kind && instance->name() == name) return instance.get();
  return nullptr;
}

std::vector<Instance*> PluginHost::instances() const {
  std::vector<Instance*> all;
  for (const auto& instance : instances_) all.push_back(instance.get());
  return all;
}

Instance* PluginHost::find_transport(std::string_view name) const {
  return find(Kind::transport, name);
}

Instance* PluginHost::find_raw(const tenon_plugin* raw) const {
  for (const auto& instance : instances_)
    if (instance->raw() == raw) return instance.get();
  return nullptr;
}

}  // namespace tenon::host
