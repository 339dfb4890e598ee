#pragma once

#include <tenon/abi/module.h>

#include <map>
#include <string>

#include "base/result.h"
#include "host/instance.h"
#include "host/load/path_trust.h"
#include "host/plugin_spec.h"

namespace tenon::host {

// From a spec to a plugin's descriptor: every check, in this order: path, note, loader, module, descriptor.
// Nothing of a file's code runs before its note has been found fit. One thread, before others start; only
// files that specs name.
class Loader {
 public:
  explicit Loader(const LoadPolicy& policy) : policy_(policy) {}

  Result<Offer> find(const PluginSpec& spec);

 private:
  struct Module {
    TrustedFile file;
    const tenon_module* module = nullptr;
  };
  Result<const Module*> module_of(const PluginSpec& spec);
  Result<const tenon_module*> load(const PluginSpec& spec, const TrustedFile& file);
  Status check_unique(const PluginSpec& spec, const TrustedFile& file, const tenon_module& module) const;

  const LoadPolicy& policy_;
  std::map<std::string, Module> modules_;  // by real path
};

}  // namespace tenon::host
