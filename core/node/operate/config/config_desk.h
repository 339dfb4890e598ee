#pragma once

#include <functional>
#include <mutex>
#include <string>

#include "admin/sources/config_source.h"
#include "config/load.h"
#include "node/operate/config/config_view.h"

namespace tenon::node {

// What operators see of a node's configuration, and reloads that they ask for.
class ConfigDesk final : public admin::ConfigSource {
 public:
  struct World {
    // Any thread: soon, on the control thread.
    std::function<void(std::function<void()> fn)> on_control;
    // On the control thread: reads the files; takes what can change.
    std::function<config::LoadResult()> load;
    std::function<admin::ReloadReport(const std::string& by)> reload;
  };
  ConfigDesk(World world, const config::Config& at_start) : world_(std::move(world)), view_(at_start) {}

  // A configuration is in use, but for what needs a restart; returns the keys that wait for it. Control
  // thread.
  std::vector<std::string> in_use(const config::Config& changed) {
    const std::lock_guard lock(mutex_);
    view_.take(changed);
    return view_.waiting();
  }

  // admin::ConfigSource; any thread.
  admin::ConfigReport config() const override {
    const std::lock_guard lock(mutex_);
    return view_.report();
  }
  void diff(admin::Then<admin::ConfigDiff> then) override;
  void reload(const std::string& by, admin::Then<admin::ReloadReport> then) override;

 private:
  const World world_;
  mutable std::mutex mutex_;
  ConfigView view_;
};

}  // namespace tenon::node
