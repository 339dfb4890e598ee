#include "node/operate/config/config_desk.h"

namespace tenon::node {

void ConfigDesk::diff(admin::Then<admin::ConfigDiff> then) {
  world_.on_control([this, then = std::move(then)] {
    const config::LoadResult loaded = world_.load();
    admin::ConfigDiff diff;
    for (const config::ConfigError& error : loaded.errors) diff.errors.push_back(error.to_string());
    if (loaded.config) {
      const std::lock_guard lock(mutex_);
      diff.changes = view_.changes_to(*loaded.config);
    }
    then(std::move(diff));
  });
}

void ConfigDesk::reload(const std::string& by, admin::Then<admin::ReloadReport> then) {
  world_.on_control([this, by, then = std::move(then)] { then(world_.reload(by)); });
}

}  // namespace tenon::node
