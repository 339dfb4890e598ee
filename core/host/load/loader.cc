#include "host/load/loader.h"

#include <string_view>

#include "host/load/module_check.h"
#include "host/load/refusal.h"
#include "host/load/shared_object.h"
#include "host/watch/breadcrumb.h"

namespace tenon::host {
namespace {

constexpr tenon_bootstrap bootstrap{
    sizeof(tenon_bootstrap), TENON_BOOTSTRAP_MAGIC, TENON_ABI_LEVEL, 0, "tenon", TENON_VERSION};

// A file that is loaded and not yet known by anything but its path.
const tenon_module* call_entry(tenon_entry_fn entry, const PluginSpec& spec, const std::string& file) {
  const PluginTag tag{spec.instance.c_str(), "not yet known", "", file.c_str()};
  const PluginScope scope(tag);
  try {
    return entry(&bootstrap);
  } catch (...) {
    return nullptr;
  }
}

bool shares_plugin(const tenon_module& a, const tenon_module& b) {
  for (std::uint32_t i = 0; i < a.plugin_count; ++i)
    for (std::uint32_t j = 0; j < b.plugin_count; ++j)
      if (std::string_view(a.plugins[i]->plugin_id) == b.plugins[j]->plugin_id) return true;
  return false;
}

}  // namespace

Result<Offer> Loader::find(const PluginSpec& spec) {
  if (policy_.identity.secure)
    return refuse(Refusal::process, spec, "",
                  "the broker runs with another user's rights (set-uid or capabilities)",
                  "start it as the user it shall run as");
  const auto module = module_of(spec);
  if (!module) return module.error();
  const std::string& path = (*module)->file.path;
  const auto descriptor = find_descriptor(spec, path, *(*module)->module);
  if (!descriptor) return descriptor.error();
  return Offer{*descriptor, path, (*module)->module->abi_level_built};
}

Result<const Loader::Module*> Loader::module_of(const PluginSpec& spec) {
  const auto file = find_trusted_file(spec, policy_);
  if (!file) return file.error();
  if (const auto known = modules_.find(file->path); known != modules_.end()) return &known->second;
  for (const auto& [path, known] : modules_)
    if (known.file.device == file->device && known.file.inode == file->inode)
      return refuse(Refusal::duplicate, spec, file->path, "is the same file as " + path,
                    "use one name for it");
  const auto module = load(spec, *file);
  if (!module) return module.error();
  if (Status s = check_unique(spec, *file, **module); !s) return s.error();
  return &modules_.emplace(file->path, Module{*file, *module}).first->second;
}

Result<const tenon_module*> Loader::load(const PluginSpec& spec, const TrustedFile& file) {
  const auto bytes = read_trusted_file(spec, file);
  if (!bytes) return bytes.error();
  const auto note = read_module_note(*bytes);
  if (Status s = check_note(spec, file.path, note); !s) return s.error();
  const auto loaded = load_shared_object(file.path);
  if (!loaded)
    return refuse(Refusal::load, spec, file.path, loaded.error().message,
                  "install what it needs, or a build of the plugin for this system");
  if (!loaded->entry)
    return refuse(Refusal::entry, spec, file.path, "has no function " TENON_ENTRY_NAME,
                  "this is a fault of the plugin: report it to its author");
  const tenon_module* module = call_entry(loaded->entry, spec, file.path);
  if (Status s = check_module(spec, file.path, module, std::get<ModuleNote>(note)); !s) return s.error();
  return module;
}

Status Loader::check_unique(const PluginSpec& spec, const TrustedFile& file,
                            const tenon_module& module) const {
  for (const auto& [path, known] : modules_) {
    const bool same_module = std::string_view(known.module->module_id) == module.module_id;
    if (same_module || shares_plugin(*known.module, module))
      return refuse(Refusal::duplicate, spec, file.path,
                    std::string(same_module ? "is the module " : "has a plugin of the module ") +
                        known.module->module_id + ", which " + path + " is already",
                    "keep one of the two");
  }
  return {};
}

}  // namespace tenon::host
