#include "support/plugin_module.h"

#include <dlfcn.h>

#include <stdexcept>

namespace tenon::test {

PluginModule::PluginModule(const std::string& path) : path_(path) {
  void* handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (handle == nullptr) throw std::runtime_error(::dlerror());
  const auto entry = reinterpret_cast<tenon_entry_fn>(::dlsym(handle, TENON_ENTRY_NAME));
  if (entry == nullptr) throw std::runtime_error(path + " lacks " TENON_ENTRY_NAME);
  const tenon_bootstrap bootstrap{sizeof(tenon_bootstrap), TENON_BOOTSTRAP_MAGIC, TENON_ABI_LEVEL, 0,
                                  "tenon tests",           TENON_VERSION};
  module_ = entry(&bootstrap);
  if (module_ == nullptr) throw std::runtime_error(path + " refuses this host");
}

const tenon_plugin_descriptor& PluginModule::plugin_of_kind(const std::string& kind_id) const {
  for (std::uint32_t i = 0; i < module_->plugin_count; ++i)
    if (kind_id == module_->plugins[i]->kind_id) return *module_->plugins[i];
  throw std::runtime_error(path_ + " has no plugin of kind " + kind_id);
}

void PluginDestroyer::operator()(tenon_plugin* plugin) const {
  if (plugin->deactivate != nullptr) plugin->deactivate(plugin);
  plugin->destroy(plugin);
}

PluginInstance start_plugin(const tenon_plugin_descriptor& descriptor, const tenon_host* host) {
  tenon_error error{};
  error.struct_size = sizeof error;
  const auto check = [&](tenon_status status, const char* step) {
    if (status != TENON_OK)
      throw std::runtime_error(std::string(step) + " answers " + std::to_string(status) + ": " +
                               error.message);
  };
  tenon_plugin* made = nullptr;
  check(descriptor.create(host, &made, &error), "create");
  // Not yet active: until then only destroy may follow a failure.
  std::unique_ptr<tenon_plugin, void (*)(tenon_plugin*)> plugin(made, [](tenon_plugin* p) { p->destroy(p); });
  check(plugin->init(plugin.get(), &error), "init");
  if (plugin->activate != nullptr) check(plugin->activate(plugin.get(), &error), "activate");
  return PluginInstance(plugin.release());
}

}  // namespace tenon::test
