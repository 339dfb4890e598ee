/* Needs a newer broker, and its constructor must not run to tell. */
#define LEVEL 9
#define ID "org.tenon.test.level-too-high"
#define NAME "level_too_high"
#define BEFORE                                               \
  __attribute__((constructor)) static void too_early(void) { \
    abort();                                                 \
  }
#include "plugin_under_test.h"
