/* Shows the dynamic linker a helper of its own. Linked without plugin.map. */
#define ID "org.tenon.test.extra-export"
#define NAME "extra_export"
#include "plugin_under_test.h"

TENON_EXPORT int helper_of_mine(void);

int helper_of_mine(void) {
  return 7;
}
