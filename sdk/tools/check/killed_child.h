#pragma once

#include <functional>

#include "base/result.h"

namespace tenon::tools {

// What a child process said until it was killed.
struct KilledChild {
  int words = 0;            // whole bytes that it wrote to its pipe, those before the kill included
  bool was_killed = false;  // by this function; false: it had ended by itself
};

// Runs `work` in a child process and kills it with SIGKILL once it has written `words_min` bytes to the pipe
// that `work` is given, or has ended. The child ends, too, when `work` returns. To be called while this
// process has no thread but the caller. io: there can be no pipe or child process; nothing was run, and
// nothing is killed.
Result<KilledChild> run_until_killed(int words_min, const std::function<void(int pipe)>& work);

}  // namespace tenon::tools
