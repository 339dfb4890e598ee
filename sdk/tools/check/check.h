#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "plugin_file.h"

namespace tenon::tools {

enum class Verdict : std::uint8_t { pass, warn, fail, skip };

std::string_view to_string(Verdict verdict);

// What one check found. `detail` is one line; it says what to do when the verdict is not pass.
struct Finding {
  Verdict verdict = Verdict::pass;
  std::string detail;
};

inline Finding pass(std::string detail = {}) {
  return {Verdict::pass, std::move(detail)};
}
inline Finding warn(std::string detail) {
  return {Verdict::warn, std::move(detail)};
}
inline Finding fail(std::string detail) {
  return {Verdict::fail, std::move(detail)};
}
inline Finding skip(std::string detail) {
  return {Verdict::skip, std::move(detail)};
}

// What a check looks at.
struct Subject {
  PluginFile file;
  std::string options_json;  // for plugins that do not start without options
};

// One check. Runs in a process of its own: it may crash, hang, leave threads behind.
struct Check {
  std::string name;  // "elf.exports"
  std::function<Finding(const Subject&)> run;
};

// The groups, in the order in which they are run.
std::vector<Check> elf_checks();
std::vector<Check> entry_checks();
std::vector<Check> lifecycle_checks();

// Runs a check in a child process; a crash or a time-out fails it.
Finding run_in_child(const Check& check, const Subject& subject, int timeout_s);

}  // namespace tenon::tools
