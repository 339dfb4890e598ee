#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plugin_file.h"

namespace tenon::tools {

enum class Verdict : std::uint8_t { pass, warn, fail, skip };

std::string_view to_string(Verdict verdict);

// What one check found, in one line. `repair` replaces the check's own advice when that is too general.
struct Finding {
  Verdict verdict = Verdict::pass;
  std::string reason;
  std::string repair;
};

inline Finding pass(std::string note = {}) {
  return {Verdict::pass, std::move(note), {}};
}
inline Finding warn(std::string reason, std::string repair = {}) {
  return {Verdict::warn, std::move(reason), std::move(repair)};
}
inline Finding fail(std::string reason, std::string repair = {}) {
  return {Verdict::fail, std::move(reason), std::move(repair)};
}
inline Finding skip(std::string reason) {
  return {Verdict::skip, std::move(reason), {}};
}

// A login that is right, as the author says.
struct KnownLogin {
  std::string username;
  std::optional<std::string> password;
  std::string client_id;  // empty: any
};

// What a check looks at, and where it may write.
struct Subject {
  PluginFile file;
  std::string options_json = "{}";  // for plugins that do not start without options
  std::string plugin;               // the plugin of the module to be made; empty: each
  std::optional<KnownLogin> login;  // for auth plugins
  std::uint32_t seed = 1;           // of what is drawn at random
  std::string scratch_dir;          // absolute; the check's own, empty, removed after it
};

// What the check is about to do: "it was asked for a stranger". Part of the reason when the process ends, or
// hangs, before another one is set. Empty: nothing to be said.
void set_scene(std::string_view scene);

// How the process in which a check ran comes to its end.
enum class Leave : std::uint8_t {
  at_once,  // no destructor or atexit handler runs
  by_exit,  // they run, and what they do counts
};

// One check. Runs in a process of its own: it may crash, hang, leave threads behind. The texts are static.
struct Check {
  std::string_view name;    // "elf.exports": what --skip and the reference page call it
  std::string_view what;    // what holds when it passes
  std::string_view repair;  // what an author does when it fails
  // Checks without whose pass this one would only repeat their finding; it is not run then.
  std::vector<std::string_view> needs;
  std::function<Finding(const Subject&)> run;
  Leave leave = Leave::at_once;
  std::string_view kind;  // it looks at plugins of this kind alone; empty: at all
};

// The same checks, for one kind.
std::vector<Check> for_kind(std::string_view kind, std::vector<Check> checks);

// The groups, in the order in which they are run: what a check needs stands before it.
std::vector<Check> elf_checks();
std::vector<Check> entry_checks();
std::vector<Check> lifecycle_checks();
std::vector<Check> process_checks();
std::vector<Check> compat_checks();
std::vector<Check> auth_checks();
std::vector<Check> auth_load_checks();
std::vector<Check> permission_checks();
std::vector<Check> balancer_checks();
std::vector<Check> storage_checks();
std::vector<Check> storage_fault_checks();
std::vector<Check> journal_checks();
std::vector<Check> filter_checks();
std::vector<Check> thread_checks();
std::vector<Check> fault_checks();
std::vector<Check> events_checks();
std::vector<Check> intercept_checks();
std::vector<Check> all_checks();

}  // namespace tenon::tools
