/* Says that it will say when nothing is in flight, and never does. */
#include <tenon/sdk.h>

static tenon_status promise(tenon_plugin* self, tenon_op op) {
  (void)self, (void)op;
  return TENON_PENDING;
}

#define PREPARE(plugin, host) (plugin)->quiesce = promise
#define ID "org.tenon.test.never-quiet"
#define NAME "never_quiet"
#include "plugin_under_test.h"
