#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "host/plugin_spec.h"

namespace tenon::host {

// Every reason for which a configured plugin is not used. The word in the comment stands in the message, in
// brackets.
enum class Refusal : std::uint8_t {
  process,         // the broker itself runs set-uid
  name,            // two instances of one name
  path,            // `file` is relative, has "..", is too long
  not_found,       // no such file in plugins.path
  outside,         // the file lies, or leads, outside of plugins.path
  not_a_file,      // a directory, a device, a socket
  owner,           // somebody else owns the file or a directory above it
  writable,        // somebody else can write to the file or a directory above it
  unreadable,      // it can't be read
  not_elf,         // text, a script, an archive
  truncated,       // an ELF file that ends too early
  architecture,    // made for another processor
  no_note,         // an ELF file that is no tenon plugin
  bad_note,        // its note does not hold together
  generation,      // of another generation of the ABI
  level,           // needs a newer broker
  kind,            // a plugin of another kind
  draft,           // uses interfaces that have changed
  duplicate,       // the same file, module or plugin under two names
  load,            // the dynamic loader could not load it
  entry,           // has no entry function
  module_refused,  // its entry function refused this broker
  module,          // its module description does not hold together
  note_differs,    // its note says something else than its module
  descriptor,      // a plugin description does not hold together
  no_plugin,       // the module has no plugin of that kind and name
  host_table,      // needs a host table that this broker lacks
  options,         // its options in conf.d are wrong
  create,          // the plugin itself could not start, in create ...
  init,            // ... in init
  activate,        // ... in activate, or it offers no usable table
};

// "not-found", "host-table", ...: the enumerator with '-' for '_'.
std::string_view to_string(Refusal why);

// The one line about a plugin that is not used:
//   plugin "acme" refused [level]: /usr/lib/tenon/plugins/auth-acme.so: built for ABI level 9, this broker
//   offers 1; install ... (configured at FILE:LINE)
// `file` may be empty. Errc::invalid for what an operator must mend in conf.d, denied for trust, unsupported
// for versions, not_found, io, or internal for faults of the plugin.
Error refuse(Refusal why, const PluginSpec& spec, std::string_view file, std::string_view what,
             std::string_view remedy);

}  // namespace tenon::host
