#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tenon::config {

// What the command line of tenond asks for.
struct CommandLine {
  enum class Action : unsigned char { run, check, print_config, version, help };

  Action action = Action::run;
  bool json = false;                   // --print-config as JSON
  std::vector<std::string> conf_dirs;  // empty: the directory of the build
  std::string vendor_dir;              // --vendor-dir, or the directory of the build; empty: none
  std::vector<std::string> sets;       // "path=value", checked by load()
};

// Reads argv[1..argc). Pure: prints nothing, ends nothing.
// Failure: Errc::invalid with one line that says which argument is wrong and what is allowed; the caller
// prints it and exits with usage_exit_code.
Result<CommandLine> parse_command_line(int argc, const char* const* argv);

// Text of --help, several lines, the last one ended.
std::string_view help_text();

// Conventional exit codes of tenond for its configuration.
inline constexpr int config_exit_code = 78;  // EX_CONFIG of sysexits.h
inline constexpr int usage_exit_code = 64;   // EX_USAGE

struct LoadOptions;
// The options for load() that a command line stands for, with the environment of this process.
LoadOptions load_options(const CommandLine& line);

}  // namespace tenon::config
