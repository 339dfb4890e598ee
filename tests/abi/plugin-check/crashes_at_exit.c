/* Its destructor runs when the process ends, and uses what is gone by then. */
#include <stdlib.h>

__attribute__((destructor)) static void at_exit(void) {
  abort();
}

#define ID "org.tenon.test.crashes-at-exit"
#define NAME "crashes_at_exit"
#include "plugin_under_test.h"
