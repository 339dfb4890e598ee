#pragma once

#include <span>
#include <string>

#include "base/result.h"
#include "bin/ctl/run.h"

namespace tenon::ctl {

// `tenonctl retain export` and `retain import`: retained messages as lines of JSON.

bool is_retain_command(std::span<const char* const> args);
// What is printed. A broken import says at which line, and may be repeated.
Result<std::string> run_retain_command(std::span<const char* const> args, const Environment& environment);

// Their part of --help.
std::string retain_commands_help();

}  // namespace tenon::ctl
