#pragma once

#include <tenon/abi/module.h>

#include <string>

#include "base/result.h"
#include "host/load/elf_note.h"
#include "host/plugin_spec.h"

namespace tenon::host {

// The checks of what a module says. All refuse with the one line of refusal.h; `file` is for that line.

// Before the file is loaded.
Status check_note(const PluginSpec& spec, const std::string& file,
                  const std::variant<ModuleNote, ElfFault>& note);

// After its entry has answered: the module holds together, this broker is new enough, and it says what its
// note says. `module` may be null.
Status check_module(const PluginSpec& spec, const std::string& file, const tenon_module* module,
                    const ModuleNote& note);

// The descriptor of the plugin that the spec asks for, with everything that it needs present in this broker.
// REQUIRES: check_module.
Result<const tenon_plugin_descriptor*> find_descriptor(const PluginSpec& spec, const std::string& file,
                                                       const tenon_module& module);

}  // namespace tenon::host
