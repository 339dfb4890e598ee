#include "host/load/shared_object.h"

#include <dlfcn.h>

#include <boost/dll/shared_library.hpp>
#include <deque>
#include <utility>

namespace tenon::host {
namespace {

namespace dll = boost::dll;

// Boost.DLL has no name for NODELETE but hands the number to dlopen; it must not be one of its own two.
constexpr auto no_delete = static_cast<dll::load_mode::type>(RTLD_NODELETE);
static_assert((RTLD_NODELETE &
               (dll::load_mode::append_decorations | dll::load_mode::search_system_folders)) == 0);

// Every handle, for the life of the process; never copied (a copy would load anew by path and in another
// mode). Left alone at exit: plugins may still run.
std::deque<dll::shared_library>& all_loaded() {
  static auto* const all = new std::deque<dll::shared_library>;
  return *all;
}

}  // namespace

Result<LoadedModule> load_shared_object(const std::string& path) {
  dll::shared_library library;
  try {
    // The form that throws: only its message has what the dynamic loader said.
    library.load(path, dll::load_mode::rtld_now | dll::load_mode::rtld_local | no_delete);
  } catch (const std::exception& e) {
    return Error{Errc::io, e.what()};
  }
  LoadedModule module;
  if (library.has(TENON_ENTRY_NAME))
    module.entry = &library.get<const tenon_module*(const tenon_bootstrap*)>(TENON_ENTRY_NAME);
  all_loaded().push_back(std::move(library));
  return module;
}

}  // namespace tenon::host
