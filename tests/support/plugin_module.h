#pragma once

#include <tenon/abi/module.h>

#include <memory>
#include <string>

namespace tenon::test {

// A plugin file, loaded as the broker loads it (NOW, LOCAL, NODELETE) and asked for its descriptors. Never
// unloaded. Copied freely.
class PluginModule {
 public:
  // Throws std::runtime_error with the reason.
  explicit PluginModule(const std::string& path);

  // The descriptor of the first plugin of a kind; throws std::runtime_error without one.
  const tenon_plugin_descriptor& plugin_of_kind(const std::string& kind_id) const;

 private:
  const tenon_module* module_;
  std::string path_;
};

struct PluginDestroyer {
  void operator()(tenon_plugin* plugin) const;
};
// An instance that was created, initialised and activated; deactivated and destroyed by the destructor.
using PluginInstance = std::unique_ptr<tenon_plugin, PluginDestroyer>;

// Throws std::runtime_error with the plugin's own words.
PluginInstance start_plugin(const tenon_plugin_descriptor& descriptor, const tenon_host* host);

}  // namespace tenon::test
