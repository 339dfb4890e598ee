#include "bin/ctl/balance/offline_plan.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include "admin/json/balance_json.h"
#include "balance/abi_view.h"
#include "balance/plugin_strategy.h"
#include "balance/verifier.h"
#include "base/executor.h"
#include "bin/ctl/table.h"
#include "host/plugin_host.h"
#include "host/silent_ports.h"
#include "runtime/files/system_disk.h"
#include "runtime/system_clock.h"
#include "runtime/system_random.h"

#ifndef TENON_PLUGIN_DIR
#error "the build names TENON_PLUGIN_DIR"
#endif

namespace tenon::ctl {

namespace {

// A strategy has no thread.
class NoThreads final : public Executor {
 public:
  std::uint32_t worker_count() const override { return 1; }
  void post(std::uint32_t, Task* task) override { task->drop(); }
  void post_control(Task* task) override { task->drop(); }
  bool post_blocking(Task*) override { return false; }
  std::uint32_t current_worker() const override { return no_worker; }
  Reactor& current_reactor() override { std::abort(); }
};

Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!(text << file.rdbuf())) return Error{Errc::not_found, path + " can't be read"};
  return text.str();
}

kv::StoreId store_of(const std::string& name) {
  for (const auto store : {kv::StoreId::meta, kv::StoreId::dist, kv::StoreId::inbox, kv::StoreId::retain})
    if (kv::to_string(store) == name) return store;
  return kv::StoreId{0};
}

std::string text_of(const balance::Plan& plan, kv::StoreId store, const balance::View& view) {
  std::string text = shown(plan.reason) + "\n";
  if (plan.await_ms > 0) text += "something may be due in " + std::to_string(plan.await_ms) + " ms\n";
  for (const balance::Command& command : plan.commands) {
    const auto refused = balance::verify(command, store, view, view.range(command.range));
    text += "range " + std::to_string(command.range) + ": " + shown(balance::describe(command)) +
            "\n  because " + shown(command.reason) + "\n";
    if (refused)
      text += "  would be refused (" + std::string(balance::to_string(refused->why)) + "): " + refused->text +
              "\n";
  }
  return text;
}

class OfflineHost {
 public:
  Status load(const Arguments& arguments) {
    host::PluginSpec spec;
    spec.instance = "plan";
    spec.kind = host::Kind::balancer;
    spec.plugin = arguments.plugin;
    spec.options_json = arguments.options;
    host::LoadPolicy policy;
    policy.dirs = {TENON_PLUGIN_DIR};
    if (arguments.plugin.find('/') != std::string::npos) {
      const auto file = std::filesystem::absolute(arguments.plugin).lexically_normal();
      spec.file = file.string();
      policy.dirs = {file.parent_path().string()};
      // "balancer-<name>.so"
      const std::string stem = file.stem().string();
      spec.plugin = stem.substr(stem.find('-') + 1);
    }
    host::HostServices services{&clock_, &random_, &disk_, &threads_, &silent_, &silent_, &silent_};
    auto loaded = host::PluginHost::load({std::move(spec)}, policy, services);
    if (!loaded.ok()) return loaded.error();
    host_ = std::move(loaded).value();
    return host_->activate();
  }
  ~OfflineHost() {
    if (host_) host_->deactivate();
  }
  host::Instance& instance() { return *host_->find(host::Kind::balancer, "plan"); }

 private:
  runtime::SystemClock clock_;
  runtime::SystemRandom random_;
  runtime::SystemDisk disk_;
  NoThreads threads_;
  host::SilentPorts silent_;
  std::unique_ptr<host::PluginHost> host_;
};

}  // namespace

Result<std::string> plan_offline(const Arguments& arguments) {
  const auto text = read_file(arguments.view);
  if (!text) return text.error();
  const auto view = admin::read_view(*text);
  if (!view) return Error{view.error().code, arguments.view + ": " + view.error().message};
  const kv::StoreId store = store_of(arguments.store.empty() ? "inbox" : arguments.store);
  if (kv::to_string(store).empty())
    return Error{Errc::invalid, "there is no store \"" + arguments.store + "\"; see tenonctl --help"};
  OfflineHost host;
  if (Status loaded = host.load(arguments); !loaded) return loaded.error();
  balance::AbiView abi(*view);
  balance::PluginStrategy strategy(host.instance());
  const auto plan = strategy.plan(abi.of_store(store), {});
  if (!plan) return plan.error();
  return arguments.output == OutputForm::json ? admin::plan_json(*plan) : text_of(*plan, store, *view);
}

}  // namespace tenon::ctl
