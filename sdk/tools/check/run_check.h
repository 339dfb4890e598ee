#pragma once

#include "check.h"

namespace tenon::tools {

// Runs a check in a child process, in a scratch directory of its own. A crash, an exit that the check did
// not ask for, or a time-out fails it; whatever the child started in its process group is ended with it. What
// the plugin prints goes to standard error.
Finding run_in_child(const Check& check, const Subject& subject, int timeout_s);

// Runs it here, for a debugger: without time-out, and a crash is a crash. A check that ends its process is
// skipped.
Finding run_here(const Check& check, const Subject& subject);

}  // namespace tenon::tools
