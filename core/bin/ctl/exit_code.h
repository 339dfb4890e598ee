#pragma once

#include "base/result.h"

namespace tenon::ctl {

// What tenonctl returns to the shell; documented by its help.
enum class ExitCode : int {
  ok = 0,
  failed = 1,       // understood and reached, but it did not work
  usage = 2,        // the command line is wrong
  unreachable = 3,  // no broker answers there
  denied = 4,       // not allowed
};

// How the errors of this program's functions end it: invalid is a wrong command line, io and timed_out are a
// broker that can't be reached, denied is denied.
constexpr ExitCode exit_code_of(Errc code) {
  switch (code) {
    case Errc::invalid:
      return ExitCode::usage;
    case Errc::io:
    case Errc::timed_out:
      return ExitCode::unreachable;
    case Errc::denied:
      return ExitCode::denied;
    default:
      return ExitCode::failed;
  }
}

}  // namespace tenon::ctl
