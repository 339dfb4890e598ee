#include "base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace tenon {

void report_bug(const char* condition, const char* what, const char* file, int line) {
  // stderr, not the log: the log may be what is broken.
  std::fprintf(stderr, "tenon: BUG: %s (%s) at %s:%d\n", what, condition, file, line);
  std::abort();
}

void report_invariant(const char* condition, const char* what, const char* file, int line) {
  throw InvariantViolation{condition, what, file, line};
}

}  // namespace tenon
