/* A library whose soname is a path. */
#include <tenon/abi/base.h>

TENON_EXPORT int answer_of_library(void);

int answer_of_library(void) {
  return 42;
}
