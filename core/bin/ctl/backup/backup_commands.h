#pragma once

#include <span>
#include <string>

#include "base/result.h"
#include "bin/ctl/run.h"

namespace tenon::ctl {

// Whether the command line is one of those below, sound or not.
bool is_backup_command(std::span<const char* const> args);

//   backup create --to FILE [--rate MIB]
//   backup verify FILE
//   backup restore FILE --confirm [--into-nonempty]
//
// What it prints. Failure: what is wrong with the command line, the file, or what the broker says, and how
// far it came.
Result<std::string> run_backup_command(std::span<const char* const> args, const Environment& environment);

// Their part of --help.
std::string backup_commands_help();

}  // namespace tenon::ctl
