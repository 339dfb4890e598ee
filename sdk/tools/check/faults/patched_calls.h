#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::tools {

// A function that stands in for another one wherever a loaded library calls that by name.
struct CallPatch {
  std::string_view name;  // "malloc", "_Znwm"
  void* replacement = nullptr;
};

// Redirects the calls that loaded objects make through the dynamic linker; `concerns` says by its file's path
// which objects are meant. For good: there is no way back. How many places were changed.
std::size_t patch_calls(const std::function<bool(std::string_view path)>& concerns,
                        const std::vector<CallPatch>& patches);

// The paths of all that is loaded: what is in it after a plugin was, and was not before, came with the
// plugin.
std::vector<std::string> loaded_objects();

}  // namespace tenon::tools
