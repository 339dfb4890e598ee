#pragma once

#include <tenon/abi/module.h>

#include <string>

#include "base/result.h"

namespace tenon::host {

// A loaded shared object and its entry. There is nothing to close: a module stays in the process until it
// ends, as threads, timers and objects of a plugin may use its code at any time.
struct LoadedModule {
  tenon_entry_fn entry = nullptr;  // null: the file has none
};

// Loads a file with NOW (an unresolved name fails here, not at the first call), LOCAL (plugins do not see
// each other's symbols) and NODELETE. `path` is absolute and real. io: the loader's own words.
Result<LoadedModule> load_shared_object(const std::string& path);

}  // namespace tenon::host
