#pragma once

#include <span>
#include <string>

#include "base/result.h"

namespace tenon::ctl {

// Whether the command line is that below, sound or not.
bool is_import_command(std::span<const char* const> args);

//   import FILE --to DIR
//
// Reads a mosquitto.conf, writes files for conf.d into the directory, which is made if it is not there and
// holds no .json file yet, and tells what became of each line. Asks no broker. Failure: the command line is
// wrong, a file can't be read, or one can't be written; nothing is overwritten.
Result<std::string> run_import_command(std::span<const char* const> args);

// Its part of --help.
std::string import_command_help();

}  // namespace tenon::ctl
