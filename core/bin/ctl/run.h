#pragma once

#include <functional>
#include <span>
#include <string>

#include "bin/ctl/exit_code.h"
#include "bin/ctl/passwd/passwd_command.h"

namespace tenon::ctl {

// What the program takes from outside its command line.
struct Environment {
  std::string endpoint;     // of TENON_ENDPOINT; empty: not set
  std::string state_dir;    // the default data directory, with api.sock and admin.token in it
  PasswordSource password;  // for passwd
  std::function<void(const std::string& line)> progress = {};  // of long work; empty: nobody watches
  // To standard output, what comes bit by bit; empty: it is gathered.
  std::function<void(const std::string& text)> print = {};
};

struct Outcome {
  ExitCode code = ExitCode::ok;
  std::string out;  // for standard output
  std::string err;  // for standard error
};

// tenonctl as a function. `args` without the program's name.
Outcome run(std::span<const char* const> args, const Environment& environment);

}  // namespace tenon::ctl
